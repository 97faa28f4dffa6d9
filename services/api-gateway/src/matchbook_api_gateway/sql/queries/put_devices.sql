INSERT INTO devices AS kept
    (tenant_id, device_id, revision, retired, sort_name, sort_serial, sort_user, last_sync_at, search, body)
SELECT tenant_id, device_id, revision, false, sort_name, sort_serial, sort_user, last_sync_at, search, body
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::bytea[]
) AS fresh (tenant_id, device_id, revision, sort_name, sort_serial, sort_user, last_sync_at, search, body)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    revision = excluded.revision,
    retired = false,
    sort_name = excluded.sort_name,
    sort_serial = excluded.sort_serial,
    sort_user = excluded.sort_user,
    last_sync_at = excluded.last_sync_at,
    search = excluded.search,
    body = excluded.body
WHERE kept.revision < excluded.revision
