INSERT INTO device_matches (tenant_id, device_id, version, status, configuration_id, organization_id, state)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::json[])
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    configuration_id = excluded.configuration_id,
    organization_id = excluded.organization_id,
    state = excluded.state
WHERE device_matches.version < excluded.version
