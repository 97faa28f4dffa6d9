SELECT state::text AS state FROM device_matches WHERE tenant_id = ANY($1::text[]) AND status = 'matched'
