INSERT INTO open_sweeps (tenant_id, scope, run_id, started_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, scope) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at
