INSERT INTO organizations (organization_id, version, folded_name, state)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::json[])
ON CONFLICT (organization_id) DO UPDATE SET
    version = excluded.version, folded_name = excluded.folded_name, state = excluded.state
WHERE organizations.version < excluded.version
