SELECT state::text AS state FROM configurations WHERE configuration_id = ANY($1::text[])
