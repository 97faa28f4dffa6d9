SELECT DISTINCT organization_id FROM configurations WHERE configuration_id = ANY($1::text[])
