WITH closed AS (
    DELETE FROM open_sweeps WHERE tenant_id = $1 AND scope = 'customers' AND run_id = $2
)
UPDATE account SET
    customers_due_at = CASE WHEN customers_due_at > $3 THEN customers_due_at ELSE $4 END,
    customers_failures = $5
