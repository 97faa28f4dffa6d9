UPDATE tenants SET due_at = $2, requested_by = $3 WHERE tenant_id = $1
