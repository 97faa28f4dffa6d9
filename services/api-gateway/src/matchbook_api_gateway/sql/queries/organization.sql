SELECT
    organization_id,
    body,
    (
        SELECT count(*) FROM configurations
        WHERE configurations.organization_id = organizations.organization_id AND NOT configurations.archived
    ) AS configurations,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', tenant_id, 'name', display_name) ORDER BY sort_name), '[]')
        FROM tenants JOIN tenant_matches USING (tenant_id)
        WHERE tenant_matches.organization_id = organizations.organization_id AND tenant_matches.status = 'matched'
    ) AS tenants
FROM organizations
WHERE organization_id = $1
