INSERT INTO devices (tenant_id, device_id, revision, digest, last_sync_at, details_pending)
SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::bytea[], $5::timestamptz[], $6::boolean[])
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    revision = excluded.revision,
    digest = excluded.digest,
    last_sync_at = excluded.last_sync_at,
    details_pending = excluded.details_pending,
    absences = 0,
    retired = false
