INSERT INTO organizations AS known (organization_id, version, name, aliases, domains, archived)
SELECT organization_id, version, name, string_to_array(aliases, E'\n'), string_to_array(domains, E'\n'), archived
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::boolean[])
    AS given (organization_id, version, name, aliases, domains, archived)
ON CONFLICT (organization_id) DO UPDATE
SET version = excluded.version, name = excluded.name, aliases = excluded.aliases, domains = excluded.domains,
    archived = excluded.archived
WHERE known.version < excluded.version
