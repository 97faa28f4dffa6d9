WITH taken AS (
    UPDATE account SET requested_by = NULL WHERE requested_by IS NOT NULL
)
INSERT INTO open_sweeps (tenant_id, scope, run_id, started_at) VALUES ($1, 'customers', $2, $3)
ON CONFLICT (tenant_id, scope) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at
