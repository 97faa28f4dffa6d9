SELECT configuration_id, organization_id, name, hostname, serial, serial_key, scanned, macs, model, people, type, maker
FROM configurations
WHERE configuration_id = ANY($1::text[]) AND NOT archived
