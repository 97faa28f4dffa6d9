-- holder: the tenant matched to the organization, the first by id when there are several. $1: the organizations, null for all.
SELECT o.organization_id, o.name, o.aliases, o.domains, min(m.tenant_id) AS holder
FROM organizations AS o
LEFT JOIN tenant_matches AS m ON m.organization_id = o.organization_id AND m.status = 'matched'
WHERE NOT o.archived AND ($1::text[] IS NULL OR o.organization_id = ANY($1::text[]))
GROUP BY o.organization_id
