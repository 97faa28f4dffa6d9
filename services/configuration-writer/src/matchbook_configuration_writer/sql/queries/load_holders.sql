SELECT state::text AS state FROM device_matches WHERE configuration_id = ANY($1::text[])
