INSERT INTO open_sweeps (tenant_id, scope, run_id, queued_at, moved_at)
SELECT tenant_id, 'devices', run_id, $3, $3 FROM unnest($1::text[], $2::text[]) AS due (tenant_id, run_id)
ON CONFLICT (tenant_id, scope) DO NOTHING
RETURNING tenant_id, run_id
