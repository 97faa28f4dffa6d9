INSERT INTO tenants (
    tenant_id, revision, announced_type, announced, listed, listed_name, listed_domain, has_relationship,
    relationship_ends_at, absences, display_name, default_domain, verified_domains, lost_reason, lost_detail,
    manual, manual_name
)
SELECT
    (item ->> 'tenant_id'), (item ->> 'revision')::integer, item ->> 'announced_type', item -> 'announced',
    (item ->> 'listed')::boolean, item ->> 'listed_name', item ->> 'listed_domain', (item ->> 'has_relationship')::boolean,
    (item ->> 'relationship_ends_at')::timestamptz, (item ->> 'absences')::integer, item ->> 'display_name',
    item ->> 'default_domain', ARRAY(SELECT jsonb_array_elements_text(item -> 'verified_domains')),
    item ->> 'lost_reason', item ->> 'lost_detail', (item ->> 'manual')::boolean, item ->> 'manual_name'
FROM jsonb_array_elements($1::jsonb) AS item
ON CONFLICT (tenant_id) DO UPDATE SET
    revision = excluded.revision,
    announced_type = excluded.announced_type,
    announced = excluded.announced,
    listed = excluded.listed,
    listed_name = excluded.listed_name,
    listed_domain = excluded.listed_domain,
    has_relationship = excluded.has_relationship,
    relationship_ends_at = excluded.relationship_ends_at,
    absences = excluded.absences,
    display_name = excluded.display_name,
    default_domain = excluded.default_domain,
    verified_domains = excluded.verified_domains,
    lost_reason = excluded.lost_reason,
    lost_detail = excluded.lost_detail,
    manual = excluded.manual,
    manual_name = excluded.manual_name
