UPDATE devices SET absences = least(absences + 1, 30000) WHERE tenant_id = $1 AND device_id = ANY($2::text[]) AND NOT retired
