SELECT tenant_id, fresh_at FROM tenants WHERE listed AND fresh_at IS NOT NULL
