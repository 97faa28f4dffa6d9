-- What is about to be replaced, as far as other organizations can see it.
SELECT organization_id, serial_key, archived, name, configuration_id
FROM configurations
WHERE configuration_id = ANY($1::text[])
