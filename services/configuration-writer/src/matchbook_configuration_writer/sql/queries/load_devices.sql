SELECT tenant_id, device_id, revision, retired, device_name, serial_number, manufacturer, model, operating_system,
    os_version, wifi_mac_address, ethernet_mac_address, user_principal_name, entra_device_id
FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, device_id)
JOIN devices USING (tenant_id, device_id)
