INSERT INTO reads_by_id (tenant_id, device_id, matched)
SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[])
ON CONFLICT (tenant_id, device_id) DO UPDATE SET matched = excluded.matched
