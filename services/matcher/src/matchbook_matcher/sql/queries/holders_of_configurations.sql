SELECT m.configuration_id, m.tenant_id, m.device_id
FROM configurations AS c
JOIN device_matches AS m ON m.configuration_id = c.configuration_id AND m.status = 'matched'
WHERE c.organization_id = ANY($1::text[])
