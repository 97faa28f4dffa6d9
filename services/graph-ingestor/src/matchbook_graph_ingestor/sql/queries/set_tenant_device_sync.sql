INSERT INTO tenant_settings (tenant_id, device_sync) VALUES ($1, $2)
ON CONFLICT (tenant_id) DO UPDATE SET device_sync = excluded.device_sync
