INSERT INTO device_sync_settings AS kept (tenant_id, enabled, requested_at)
SELECT * FROM unnest($1::text[], $2::boolean[], $3::timestamptz[])
ON CONFLICT (tenant_id) DO UPDATE SET enabled = excluded.enabled, requested_at = excluded.requested_at
WHERE kept.requested_at <= excluded.requested_at
