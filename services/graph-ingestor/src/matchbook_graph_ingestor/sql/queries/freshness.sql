SELECT tenant_id, fresh_at FROM tenants WHERE listed
