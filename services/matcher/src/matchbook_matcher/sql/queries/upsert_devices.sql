INSERT INTO devices AS known (
    tenant_id, device_id, revision, live, name, serial, serial_key, wifi, ethernet, model, last_sync,
    people, system, maker, scanned
)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::double precision[], $12::text[], $13::text[], $14::text[], $15::text[]
)
ON CONFLICT (tenant_id, device_id) DO UPDATE
SET revision = excluded.revision, live = excluded.live, name = excluded.name, serial = excluded.serial,
    serial_key = excluded.serial_key, wifi = excluded.wifi, ethernet = excluded.ethernet, model = excluded.model,
    last_sync = excluded.last_sync, people = excluded.people, system = excluded.system, maker = excluded.maker,
    scanned = excluded.scanned
WHERE known.revision < excluded.revision
