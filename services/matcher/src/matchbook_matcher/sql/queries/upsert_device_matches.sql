INSERT INTO device_matches AS known (tenant_id, device_id, version, status, configuration_id, reverted)
SELECT tenant_id, device_id, version, status, configuration_id, reverted
FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::jsonb[])
    AS given (tenant_id, device_id, version, status, configuration_id, reverted)
ON CONFLICT (tenant_id, device_id) DO UPDATE
SET version = excluded.version, status = excluded.status, configuration_id = excluded.configuration_id,
    reverted = excluded.reverted
WHERE known.version < excluded.version
