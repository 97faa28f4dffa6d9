INSERT INTO connector_rows AS kept (source, resource, id, version, digest, rejected)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::boolean[])
ON CONFLICT (source, resource, id) DO UPDATE SET
    version = kept.version + excluded.version, digest = excluded.digest, rejected = excluded.rejected
