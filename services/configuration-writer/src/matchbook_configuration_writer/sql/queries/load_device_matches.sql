SELECT state::text AS state
FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, device_id)
JOIN device_matches USING (tenant_id, device_id)
