-- A shorter interval counts from now ($2) and not from the end of the old one; $3 is the configured one.
UPDATE tenants SET due_at = least(due_at, $2::timestamptz + make_interval(secs => coalesce(
    (SELECT interval_seconds FROM tenant_settings WHERE tenant_settings.tenant_id = tenants.tenant_id),
    account.interval_seconds,
    $3::integer
)))
FROM account
WHERE $1::text IS NULL OR tenant_id = $1
