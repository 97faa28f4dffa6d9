-- All tenants in one order, so that two transactions that lock several can't deadlock.
SELECT
    tenants.tenant_id, revision, announced_type, announced::text AS announced, listed, listed_name, listed_domain,
    has_relationship, relationship_ends_at, absences, display_name, default_domain, verified_domains, lost_reason,
    lost_detail, manual, manual_name, coalesce(tenant_settings.device_sync, account.device_sync, $2) AS sync_devices,
    coalesce(tenant_settings.interval_seconds, account.interval_seconds) AS interval,
    failures, braked_runs, confirmed_absences, tenants.requested_by, open_sweeps.run_id, open_sweeps.started_at, open_sweeps.owner
FROM tenants
CROSS JOIN account
LEFT JOIN tenant_settings USING (tenant_id)
LEFT JOIN open_sweeps ON open_sweeps.tenant_id = tenants.tenant_id AND open_sweeps.scope = 'devices'
WHERE $1::text[] IS NULL OR tenants.tenant_id = ANY($1)
ORDER BY tenants.tenant_id
FOR UPDATE OF tenants
