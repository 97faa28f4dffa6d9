-- A run that has ended does not begin again, whatever arrives late.
INSERT INTO sync_runs AS kept (run_id, tenant_id, scope, status, started_at, at, counts, reason, message)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::jsonb[], $8::text[], $9::text[]
)
ON CONFLICT (run_id, tenant_id, scope) DO UPDATE SET
    status = excluded.status,
    started_at = coalesce(excluded.started_at, kept.started_at),
    at = excluded.at,
    counts = excluded.counts,
    reason = excluded.reason,
    message = excluded.message
WHERE kept.at <= excluded.at AND (kept.status = 'running' OR excluded.status <> 'running')
