-- A retirement says nothing of the facts, which stay as they were last seen.
INSERT INTO devices (tenant_id, device_id, revision, retired)
SELECT tenant_id, device_id, revision, true
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS row (tenant_id, device_id, revision)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET revision = excluded.revision, retired = true
WHERE devices.revision < excluded.revision
