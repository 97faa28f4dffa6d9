-- The organizations behind marks: given, of tenants matched to them, and of configurations.
SELECT organization_id AS subject, 'organization' AS kind, organization_id
FROM unnest($1::text[]) AS organization_id
UNION ALL
SELECT given.tenant_id, 'tenant', m.organization_id
FROM unnest($2::text[]) AS given (tenant_id)
LEFT JOIN tenant_matches AS m ON m.tenant_id = given.tenant_id AND m.status = 'matched'
UNION ALL
SELECT given.tenant_id, 'device', m.organization_id
FROM unnest($3::text[]) AS given (tenant_id)
LEFT JOIN tenant_matches AS m ON m.tenant_id = given.tenant_id AND m.status = 'matched'
UNION ALL
SELECT given.configuration_id, 'configuration', c.organization_id
FROM unnest($4::text[]) AS given (configuration_id)
LEFT JOIN configurations AS c USING (configuration_id)
