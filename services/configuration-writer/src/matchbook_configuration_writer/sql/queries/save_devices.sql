INSERT INTO devices (tenant_id, device_id, revision, retired, device_name, serial_number, manufacturer, model,
    operating_system, os_version, wifi_mac_address, ethernet_mac_address, user_principal_name, entra_device_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    revision = excluded.revision,
    retired = excluded.retired,
    device_name = excluded.device_name,
    serial_number = excluded.serial_number,
    manufacturer = excluded.manufacturer,
    model = excluded.model,
    operating_system = excluded.operating_system,
    os_version = excluded.os_version,
    wifi_mac_address = excluded.wifi_mac_address,
    ethernet_mac_address = excluded.ethernet_mac_address,
    user_principal_name = excluded.user_principal_name,
    entra_device_id = excluded.entra_device_id
WHERE devices.revision < excluded.revision
