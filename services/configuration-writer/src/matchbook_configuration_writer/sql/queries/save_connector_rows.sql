-- A field that a row leaves out says what it said before.
INSERT INTO connector_rows AS kept (source, resource, id, version, fields, refused)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::jsonb[], $6::text[])
ON CONFLICT (id, resource, source) DO UPDATE SET
    version = kept.version + excluded.version, fields = kept.fields || excluded.fields, refused = excluded.refused
