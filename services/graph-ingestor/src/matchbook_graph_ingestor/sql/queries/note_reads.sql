INSERT INTO reads_by_id (tenant_id, device_id, read_at)
SELECT $1, device_id, $3 FROM unnest($2::text[]) AS device_id
ON CONFLICT (tenant_id, device_id) DO UPDATE SET read_at = excluded.read_at
