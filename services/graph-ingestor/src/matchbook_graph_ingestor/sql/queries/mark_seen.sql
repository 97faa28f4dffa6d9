UPDATE devices SET absences = 0 WHERE tenant_id = $1 AND device_id = ANY($2::text[])
