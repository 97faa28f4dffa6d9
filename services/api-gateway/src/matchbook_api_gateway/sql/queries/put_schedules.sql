INSERT INTO schedules AS kept (tenant_id, interval_seconds, requested_at)
SELECT * FROM unnest($1::text[], $2::integer[], $3::timestamptz[])
ON CONFLICT (tenant_id) DO UPDATE SET interval_seconds = excluded.interval_seconds, requested_at = excluded.requested_at
WHERE kept.requested_at <= excluded.requested_at
