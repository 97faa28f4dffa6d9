-- The longest waiting first. What is being begun just now its process has locked.
UPDATE open_sweeps SET owner = $1
WHERE scope = 'devices' AND tenant_id IN (
    SELECT open_sweeps.tenant_id
    FROM open_sweeps
    JOIN tenants USING (tenant_id)
    WHERE scope = 'devices' AND owner <> $1 AND started_at IS NULL
    ORDER BY queued_at, open_sweeps.tenant_id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
RETURNING tenant_id, run_id
