INSERT INTO configurations AS known (
    configuration_id, organization_id, version, archived, name, hostname, serial, serial_key, scanned, macs, model,
    people, type, maker
)
SELECT
    configuration_id, organization_id, version, archived, name, hostname, serial, serial_key, scanned,
    string_to_array(macs, ' '), model, people, type, maker
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[]
) AS given (
    configuration_id, organization_id, version, archived, name, hostname, serial, serial_key, scanned, macs, model,
    people, type, maker
)
ON CONFLICT (configuration_id) DO UPDATE
SET organization_id = excluded.organization_id, version = excluded.version, archived = excluded.archived,
    name = excluded.name, hostname = excluded.hostname, serial = excluded.serial, serial_key = excluded.serial_key,
    scanned = excluded.scanned, macs = excluded.macs, model = excluded.model, people = excluded.people,
    type = excluded.type, maker = excluded.maker
WHERE known.version < excluded.version
