SELECT tenant_id FROM tenants
WHERE listed AND due_at <= $1 AND tenant_id <> ALL($2::text[])
ORDER BY due_at, tenant_id
