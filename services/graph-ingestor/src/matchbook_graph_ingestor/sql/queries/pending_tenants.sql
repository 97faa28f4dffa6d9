SELECT tenants.tenant_id
FROM tenants
CROSS JOIN account
LEFT JOIN tenant_settings USING (tenant_id)
WHERE listed AND lost_reason IS NULL AND coalesce(tenant_settings.device_sync, account.device_sync, $1)
    AND EXISTS (SELECT FROM devices WHERE devices.tenant_id = tenants.tenant_id AND details_pending AND NOT retired)
ORDER BY tenants.tenant_id
