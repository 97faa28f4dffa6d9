-- Lists within a row are separated by U+001F, since PostgreSQL has no arrays of unequal arrays.
INSERT INTO decisions AS kept
    (decision_id, at, command, tenant_id, device_id, organization_id, bulk_id, status, reason, message, candidates, events)
SELECT
    decision_id, at, command, tenant_id, device_id, organization_id, bulk_id, status, reason, message,
    string_to_array(candidates, E'\x1f'), string_to_array(events, E'\x1f')
FROM unnest(
    $1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[]
) AS outcome (
    decision_id, at, command, tenant_id, device_id, organization_id, bulk_id, status, reason, message, candidates, events
)
ON CONFLICT (decision_id) DO UPDATE SET
    command = coalesce(kept.command, excluded.command),
    tenant_id = coalesce(kept.tenant_id, excluded.tenant_id),
    device_id = coalesce(kept.device_id, excluded.device_id),
    organization_id = coalesce(kept.organization_id, excluded.organization_id),
    bulk_id = coalesce(kept.bulk_id, excluded.bulk_id),
    status = excluded.status,
    reason = excluded.reason,
    message = excluded.message,
    candidates = excluded.candidates,
    events = ARRAY(SELECT DISTINCT name FROM unnest(kept.events || excluded.events) AS name ORDER BY name)
