SELECT count(*) FROM devices WHERE tenant_id = $1 AND NOT retired
