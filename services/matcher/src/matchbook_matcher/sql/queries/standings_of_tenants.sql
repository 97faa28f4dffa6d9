SELECT tenant_id, device_id, status, configuration_id, reverted
FROM device_matches
WHERE tenant_id = ANY($1::text[])
