WITH asked AS (
    SELECT requested_by FROM account FOR UPDATE
), taken AS (
    UPDATE account SET requested_by = NULL FROM asked WHERE asked.requested_by IS NOT NULL
)
SELECT requested_by, run_id, started_at
FROM asked LEFT JOIN open_sweeps ON open_sweeps.tenant_id = $1 AND scope = 'customers'
