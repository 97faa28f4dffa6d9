-- A request that came while the sweep ran, later than its start $3, stays due.
WITH closed AS (
    DELETE FROM open_sweeps WHERE tenant_id = $1 AND scope = 'devices' AND run_id = $2
),
pages AS (
    DELETE FROM sweep_pages WHERE tenant_id = $1
)
UPDATE tenants SET
    due_at = CASE WHEN due_at > $3 THEN due_at ELSE $4 END,
    failures = $5,
    braked_runs = $6,
    confirmed_absences = $7,
    fresh_at = CASE WHEN $8 THEN $3 ELSE fresh_at END
WHERE tenant_id = $1
