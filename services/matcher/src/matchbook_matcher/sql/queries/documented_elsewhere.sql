-- By serial number and asking organization: the first configuration of another organization, in the order of their ids.
SELECT DISTINCT ON (given.serial_key, given.organization_id)
    given.serial_key,
    given.organization_id AS asking,
    c.organization_id,
    coalesce(o.name, c.organization_id) AS organization_name,
    c.configuration_id,
    c.name AS configuration_name
FROM unnest($1::text[], $2::text[]) AS given (serial_key, organization_id)
JOIN configurations AS c ON c.serial_key = given.serial_key AND NOT c.archived
LEFT JOIN organizations AS o ON o.organization_id = c.organization_id
WHERE c.organization_id <> given.organization_id
ORDER BY given.serial_key, given.organization_id, c.organization_id, c.configuration_id
