SELECT m.configuration_id
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
JOIN device_matches AS m USING (tenant_id, device_id)
WHERE m.configuration_id IS NOT NULL
