WITH old_changes AS (DELETE FROM changes WHERE at < clock_timestamp() - make_interval(secs => $1) RETURNING 1),
old_sessions AS (DELETE FROM sessions WHERE expires_at < now() RETURNING 1),
old_sign_ins AS (DELETE FROM sign_ins WHERE expires_at < now() RETURNING 1),
old_runs AS (DELETE FROM sync_runs WHERE at < now() - interval '30 days' RETURNING 1),
old_requests AS (DELETE FROM sync_requests WHERE at < now() - interval '30 days' RETURNING 1)
SELECT 1
