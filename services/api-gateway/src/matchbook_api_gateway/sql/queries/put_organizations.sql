INSERT INTO organizations AS kept (organization_id, version, name, sort_name, archived, body)
SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::boolean[], $6::bytea[])
ON CONFLICT (organization_id) DO UPDATE SET
    version = excluded.version,
    name = excluded.name,
    sort_name = excluded.sort_name,
    archived = excluded.archived,
    body = excluded.body
WHERE kept.version < excluded.version
RETURNING kept.organization_id
