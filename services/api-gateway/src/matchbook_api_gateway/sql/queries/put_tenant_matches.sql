INSERT INTO tenant_matches AS kept (tenant_id, version, status, organization_id, ignored_reason, ignored_until)
SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
ON CONFLICT (tenant_id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    organization_id = excluded.organization_id,
    ignored_reason = excluded.ignored_reason,
    ignored_until = excluded.ignored_until
WHERE kept.version < excluded.version
RETURNING kept.tenant_id
