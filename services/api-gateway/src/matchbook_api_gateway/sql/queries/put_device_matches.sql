INSERT INTO device_matches AS kept
    (tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until,
    reverted)
SELECT
    tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until,
    reverted::jsonb
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::boolean[], $7::boolean[], $8::text[], $9::timestamptz[],
    $10::text[]
) AS put
    (tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until, reverted)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    configuration_id = excluded.configuration_id,
    orphaned = excluded.orphaned,
    superseded = excluded.superseded,
    ignored_reason = excluded.ignored_reason,
    ignored_until = excluded.ignored_until,
    reverted = excluded.reverted
WHERE kept.version < excluded.version
RETURNING kept.tenant_id, kept.device_id
