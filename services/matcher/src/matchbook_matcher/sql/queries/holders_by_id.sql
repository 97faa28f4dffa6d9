SELECT configuration_id, tenant_id, device_id
FROM device_matches
WHERE configuration_id = ANY($1::text[]) AND status = 'matched'
