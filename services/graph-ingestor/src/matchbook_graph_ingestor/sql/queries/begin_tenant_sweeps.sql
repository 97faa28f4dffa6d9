WITH taken AS (
    UPDATE tenants SET requested_by = NULL WHERE tenant_id = ANY($1::text[]) AND requested_by IS NOT NULL
)
INSERT INTO open_sweeps (tenant_id, scope, run_id, started_at)
SELECT tenant_id, 'devices', run_id, $3 FROM unnest($1::text[], $2::text[]) AS begun (tenant_id, run_id)
ON CONFLICT (tenant_id, scope) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at
