SELECT d.tenant_id, d.device_id
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
JOIN devices AS d USING (tenant_id, device_id)
WHERE NOT d.live
