-- By serial number and asking organization: the first configuration of another organization, in the order of their ids.
-- Each is looked up by itself: a join reads all configurations where the planner takes the arrays for large.
SELECT
    given.serial_key,
    given.organization_id AS asking,
    c.organization_id,
    coalesce(o.name, c.organization_id) AS organization_name,
    c.configuration_id,
    c.name AS configuration_name
FROM unnest($1::text[], $2::text[]) AS given (serial_key, organization_id)
CROSS JOIN LATERAL (
    SELECT configuration_id, organization_id, name FROM configurations
    WHERE NOT archived AND serial_key = given.serial_key AND organization_id <> given.organization_id
    UNION ALL
    SELECT configuration_id, organization_id, name FROM configurations
    WHERE NOT archived AND scanned = given.serial_key AND organization_id <> given.organization_id
    ORDER BY organization_id, configuration_id
    LIMIT 1
) AS c
LEFT JOIN organizations AS o ON o.organization_id = c.organization_id
