-- By serial number and asking organization: the first configuration of another organization, in the order of their ids.
SELECT DISTINCT ON (given.serial_key, given.organization_id)
    given.serial_key,
    given.organization_id AS asking,
    c.organization_id,
    coalesce(o.name, c.organization_id) AS organization_name,
    c.configuration_id,
    c.name AS configuration_name
FROM unnest($1::text[], $2::text[]) AS given (serial_key, organization_id)
JOIN (
    SELECT configuration_id, organization_id, name, serial_key FROM configurations
    WHERE NOT archived AND serial_key IS NOT NULL
    UNION ALL
    SELECT configuration_id, organization_id, name, scanned FROM configurations
    WHERE NOT archived AND scanned IS NOT NULL
) AS c ON c.serial_key = given.serial_key
LEFT JOIN organizations AS o ON o.organization_id = c.organization_id
WHERE c.organization_id <> given.organization_id
ORDER BY given.serial_key, given.organization_id, c.organization_id, c.configuration_id
