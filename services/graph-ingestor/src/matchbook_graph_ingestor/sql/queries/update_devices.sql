UPDATE devices SET
    revision = changed.revision,
    digest = changed.digest,
    last_sync_at = changed.last_sync_at,
    details_pending = changed.details_pending,
    absences = 0,
    retired = false
FROM unnest($2::text[], $3::integer[], $4::bytea[], $5::timestamptz[], $6::boolean[])
    AS changed (device_id, revision, digest, last_sync_at, details_pending)
WHERE devices.tenant_id = $1 AND devices.device_id = changed.device_id
