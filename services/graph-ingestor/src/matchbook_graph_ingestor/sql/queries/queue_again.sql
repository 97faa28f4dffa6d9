-- Sweeps whose owner is no more, and those that nobody took for so long that their message must be lost.
UPDATE open_sweeps SET owner = NULL, queued_at = $1
WHERE scope = 'devices' AND (owner = ANY($2::text[]) OR (owner IS NULL AND queued_at < $3))
RETURNING tenant_id, run_id
