-- A subquery with a limit, and no EXISTS, so that each tenant is looked up by the index: joined, all rows are read each time
-- that there is nothing to do.
SELECT tenants.tenant_id
FROM tenants
CROSS JOIN account
LEFT JOIN tenant_settings USING (tenant_id)
WHERE listed AND lost_reason IS NULL AND coalesce(tenant_settings.device_sync, account.device_sync, $1)
    AND tenants.tenant_id <> ALL($3::text[])
    AND (
        SELECT true FROM reads_by_id JOIN devices USING (tenant_id, device_id)
        WHERE reads_by_id.tenant_id = tenants.tenant_id AND NOT matched AND read_at < $2 AND NOT retired
        LIMIT 1
    )
ORDER BY tenants.tenant_id
LIMIT 1
