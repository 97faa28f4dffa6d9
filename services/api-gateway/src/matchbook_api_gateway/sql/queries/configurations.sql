-- $1 organization; $2, $3 search; $4 only free ones, or only taken ones, or null; $5 rows.
SELECT configuration.body, configuration.psa_sync, holder.tenant_id, holder.device_id, holder.device_name
FROM configurations AS configuration
LEFT JOIN configuration_holders AS holder USING (configuration_id)
WHERE configuration.organization_id = $1
    AND NOT configuration.archived
    AND ($2::text IS NULL OR strpos(configuration.search, $2) > 0 OR strpos(configuration.search, $3::text) > 0)
    AND ($4::boolean IS NULL OR $4 = (holder.device_id IS NULL))
ORDER BY
    $2 IS NOT NULL AND NOT starts_with(configuration.sort_name, $2), configuration.sort_name, configuration.configuration_id
LIMIT $5
