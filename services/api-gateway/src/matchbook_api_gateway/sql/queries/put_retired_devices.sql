INSERT INTO devices AS kept (tenant_id, device_id, revision, retired, sort_name, sort_serial, sort_user, search)
SELECT tenant_id, device_id, revision, true, '', '', '', ''
FROM unnest($1::text[], $2::text[], $3::integer[]) AS fresh (tenant_id, device_id, revision)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET revision = excluded.revision, retired = true
WHERE kept.revision < excluded.revision
