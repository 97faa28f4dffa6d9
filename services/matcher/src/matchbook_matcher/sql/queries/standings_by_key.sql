SELECT tenant_id, device_id, status, configuration_id, reverted
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
JOIN device_matches USING (tenant_id, device_id)
