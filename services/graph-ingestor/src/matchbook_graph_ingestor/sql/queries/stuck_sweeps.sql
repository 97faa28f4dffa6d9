SELECT tenant_id, run_id, owner, moved_at FROM open_sweeps
WHERE scope = 'devices' AND owner IS NOT NULL AND started_at IS NOT NULL AND moved_at < $1
ORDER BY moved_at
