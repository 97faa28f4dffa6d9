UPDATE devices SET details_pending = false WHERE tenant_id = $1 AND device_id = ANY($2::text[])
