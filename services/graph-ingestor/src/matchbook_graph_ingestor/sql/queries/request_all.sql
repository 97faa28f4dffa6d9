WITH every_tenant AS (
    UPDATE tenants SET due_at = $1, requested_by = $2 WHERE listed
)
UPDATE account SET customers_due_at = $1, requested_by = $2
