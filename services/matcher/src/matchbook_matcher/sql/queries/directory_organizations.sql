-- holder: the tenant matched to the organization, the first by id when there are several.
SELECT o.organization_id, o.name, o.aliases, o.domains, min(m.tenant_id) AS holder
FROM organizations AS o
LEFT JOIN tenant_matches AS m ON m.organization_id = o.organization_id AND m.status = 'matched'
WHERE NOT o.archived
GROUP BY o.organization_id
