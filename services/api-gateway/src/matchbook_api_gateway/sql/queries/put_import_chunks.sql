INSERT INTO import_chunks (import_id, chunk, created, updated, unchanged, rejected, results)
SELECT *
FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::jsonb[])
ON CONFLICT (import_id, chunk) DO NOTHING
