-- The outcome may already be there; then only what the sender alone knows is filled in.
INSERT INTO decisions AS kept
    (decision_id, at, command, actor_id, tenant_id, device_id, organization_id, bulk_id, import_id)
SELECT *
FROM unnest(
    $1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]
)
ON CONFLICT (decision_id) DO UPDATE SET
    command = coalesce(kept.command, excluded.command),
    actor_id = coalesce(kept.actor_id, excluded.actor_id),
    tenant_id = coalesce(kept.tenant_id, excluded.tenant_id),
    device_id = coalesce(kept.device_id, excluded.device_id),
    organization_id = coalesce(kept.organization_id, excluded.organization_id),
    bulk_id = coalesce(kept.bulk_id, excluded.bulk_id),
    import_id = coalesce(kept.import_id, excluded.import_id)
