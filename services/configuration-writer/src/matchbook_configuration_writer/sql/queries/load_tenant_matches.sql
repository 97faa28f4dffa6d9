SELECT state::text AS state FROM tenant_matches WHERE tenant_id = ANY($1::text[])
