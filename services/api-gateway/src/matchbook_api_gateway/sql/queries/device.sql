SELECT * FROM device_details WHERE tenant_id = $1 AND device_id = $2
