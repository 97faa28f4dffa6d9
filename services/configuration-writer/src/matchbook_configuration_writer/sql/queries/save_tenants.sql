INSERT INTO tenants (tenant_id, revision, display_name, verified_domains, lost)
SELECT tenant_id, revision, display_name, ARRAY(SELECT jsonb_array_elements_text(verified_domains)), lost
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::jsonb[], $5::text[])
    AS row (tenant_id, revision, display_name, verified_domains, lost)
ON CONFLICT (tenant_id) DO UPDATE SET
    revision = excluded.revision,
    -- The loss of a tenant does not take away what is known of it.
    display_name = coalesce(nullif(excluded.display_name, ''), tenants.display_name),
    verified_domains = CASE WHEN excluded.lost IS NULL THEN excluded.verified_domains ELSE tenants.verified_domains END,
    lost = excluded.lost
WHERE tenants.revision < excluded.revision
