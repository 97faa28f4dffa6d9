SELECT
    configuration.body, configuration.organization_id, organization.name AS organization_name,
    holder.tenant_id, holder.device_id, holder.device_name
FROM configurations AS configuration
LEFT JOIN organizations AS organization USING (organization_id)
LEFT JOIN configuration_holders AS holder USING (configuration_id)
WHERE configuration.configuration_id = $1
