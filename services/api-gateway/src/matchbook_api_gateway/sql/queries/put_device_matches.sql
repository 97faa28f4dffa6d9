INSERT INTO device_matches AS kept
    (tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until,
    ignored_suggestion, reverted)
SELECT
    tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until,
    ignored_suggestion::jsonb, reverted::jsonb
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::boolean[], $7::boolean[], $8::text[], $9::timestamptz[],
    $10::text[], $11::text[]
) AS put
    (tenant_id, device_id, version, status, configuration_id, orphaned, superseded, ignored_reason, ignored_until,
    ignored_suggestion, reverted)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    configuration_id = excluded.configuration_id,
    orphaned = excluded.orphaned,
    superseded = excluded.superseded,
    ignored_reason = excluded.ignored_reason,
    ignored_until = excluded.ignored_until,
    ignored_suggestion = excluded.ignored_suggestion,
    reverted = excluded.reverted
WHERE kept.version < excluded.version
RETURNING kept.tenant_id, kept.device_id
