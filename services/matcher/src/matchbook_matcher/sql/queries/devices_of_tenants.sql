SELECT tenant_id, device_id, name, serial, serial_key, wifi, ethernet, model, last_sync, people, system, maker
FROM devices
WHERE tenant_id = ANY($1::text[]) AND live
