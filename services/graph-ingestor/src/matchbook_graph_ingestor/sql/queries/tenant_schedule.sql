SELECT
    failures, braked_runs, confirmed_absences,
    coalesce(tenant_settings.interval_seconds, account.interval_seconds, $2) AS interval_seconds
FROM tenants
CROSS JOIN account
LEFT JOIN tenant_settings USING (tenant_id)
WHERE tenants.tenant_id = $1
