SELECT tenant_id, run_id FROM open_sweeps
WHERE scope = 'devices' AND owner = $1 AND run_id <> ALL($2::text[])
ORDER BY queued_at, tenant_id
LIMIT $3
