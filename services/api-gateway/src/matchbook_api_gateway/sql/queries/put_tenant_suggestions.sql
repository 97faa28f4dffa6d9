INSERT INTO tenant_suggestions AS kept (tenant_id, revision, status, body)
SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bytea[])
ON CONFLICT (tenant_id) DO UPDATE SET revision = excluded.revision, status = excluded.status, body = excluded.body
WHERE kept.revision < excluded.revision
