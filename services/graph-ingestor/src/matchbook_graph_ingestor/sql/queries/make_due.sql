UPDATE tenants SET due_at = $2 WHERE tenant_id = ANY($1::text[])
