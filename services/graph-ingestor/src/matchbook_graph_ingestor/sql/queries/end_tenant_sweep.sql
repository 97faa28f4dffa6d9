-- A request that came while the sweep ran, later than its start $3, stays due.
WITH closed AS (
    DELETE FROM open_sweeps WHERE tenant_id = $1 AND scope = 'devices' AND run_id = $2
)
UPDATE tenants SET
    due_at = CASE WHEN due_at > $3 THEN due_at ELSE $4 END,
    failures = $5,
    braked_runs = $6,
    confirmed_absences = $7
WHERE tenant_id = $1
