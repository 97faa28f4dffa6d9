INSERT INTO tenants AS kept (tenant_id, revision, display_name, sort_name, search, body, sync_devices)
SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::boolean[])
ON CONFLICT (tenant_id) DO UPDATE SET
    revision = excluded.revision,
    display_name = excluded.display_name,
    sort_name = excluded.sort_name,
    search = excluded.search,
    body = excluded.body,
    sync_devices = excluded.sync_devices,
    lost_reason = NULL,
    lost_detail = NULL
WHERE kept.revision < excluded.revision
