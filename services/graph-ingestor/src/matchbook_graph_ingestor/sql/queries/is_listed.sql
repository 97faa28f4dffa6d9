SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = $1 AND listed)
