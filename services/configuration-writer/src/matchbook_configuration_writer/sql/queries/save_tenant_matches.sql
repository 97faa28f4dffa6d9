INSERT INTO tenant_matches (tenant_id, version, status, organization_id, state)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::json[])
ON CONFLICT (tenant_id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    organization_id = excluded.organization_id,
    state = excluded.state
WHERE tenant_matches.version < excluded.version
