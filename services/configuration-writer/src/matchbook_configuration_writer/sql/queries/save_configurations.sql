INSERT INTO configurations (configuration_id, organization_id, version, serial, mac_addresses, state)
SELECT configuration_id, organization_id, version, serial, string_to_array(mac_addresses, ' '), state
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::json[])
    AS row (configuration_id, organization_id, version, serial, mac_addresses, state)
ON CONFLICT (configuration_id) DO UPDATE SET
    version = excluded.version,
    serial = excluded.serial,
    mac_addresses = excluded.mac_addresses,
    state = excluded.state
WHERE configurations.version < excluded.version
