SELECT configuration.body, organization.name AS organization
FROM configurations AS configuration
LEFT JOIN organizations AS organization USING (organization_id)
WHERE $1::text[] IS NULL OR configuration.organization_id = ANY($1)
ORDER BY configuration.organization_id, configuration.sort_name, configuration.configuration_id
