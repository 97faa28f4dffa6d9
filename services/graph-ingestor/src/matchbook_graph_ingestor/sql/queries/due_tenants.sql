-- The longest waiting first. A tenant whose sweep is open is not due again before that has ended.
SELECT tenant_id FROM tenants
WHERE listed AND due_at <= $1
    AND NOT EXISTS (SELECT FROM open_sweeps WHERE open_sweeps.tenant_id = tenants.tenant_id AND scope = 'devices')
ORDER BY due_at, tenant_id
LIMIT $2
