SELECT device_sync, interval_seconds FROM tenant_settings WHERE tenant_id = $1
