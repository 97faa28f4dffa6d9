INSERT INTO imports (import_id, version)
SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (import_id) DO UPDATE SET version = excluded.version
