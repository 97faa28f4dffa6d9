-- What is about to be replaced, as far as other organizations can see it. Locked, since a configuration that moves may
-- come by two partitions at once, and the organization that it leaves must be known.
SELECT organization_id, serial_key, archived, name, configuration_id
FROM configurations
WHERE configuration_id = ANY($1::text[])
ORDER BY configuration_id
FOR UPDATE
