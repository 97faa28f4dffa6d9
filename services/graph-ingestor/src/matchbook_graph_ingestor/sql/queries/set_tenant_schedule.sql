INSERT INTO tenant_settings (tenant_id, interval_seconds) VALUES ($1, $2)
ON CONFLICT (tenant_id) DO UPDATE SET interval_seconds = excluded.interval_seconds
