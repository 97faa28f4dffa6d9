-- The names and domains of a lost tenant stay as they were last seen.
INSERT INTO tenants AS kept (tenant_id, revision, display_name, sort_name, lost_reason, lost_detail, search, sync_devices)
SELECT *, sort_name, false
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS lost (tenant_id, revision, display_name, sort_name, reason, detail)
ON CONFLICT (tenant_id) DO UPDATE SET
    revision = excluded.revision,
    lost_reason = excluded.lost_reason,
    lost_detail = excluded.lost_detail
WHERE kept.revision < excluded.revision
