INSERT INTO tenants AS known (tenant_id, revision, display_name, domains, lost)
SELECT tenant_id, revision, display_name, string_to_array(domains, E'\n'), lost
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::boolean[])
    AS given (tenant_id, revision, display_name, domains, lost)
ON CONFLICT (tenant_id) DO UPDATE
SET revision = excluded.revision,
    display_name = CASE WHEN excluded.display_name = '' THEN known.display_name ELSE excluded.display_name END,
    domains = CASE WHEN excluded.lost THEN known.domains ELSE excluded.domains END,
    lost = excluded.lost
WHERE known.revision < excluded.revision
