SELECT device_id, absences FROM devices WHERE tenant_id = $1 AND NOT retired AND device_id <> ALL($2::text[])
