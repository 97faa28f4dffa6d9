SELECT tenant_id, device_id, name, serial, serial_key, wifi, ethernet, model, last_sync, people, system, maker
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
JOIN devices USING (tenant_id, device_id)
WHERE live
