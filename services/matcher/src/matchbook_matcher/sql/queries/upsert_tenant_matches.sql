INSERT INTO tenant_matches AS known (tenant_id, version, status, organization_id, reverted)
SELECT tenant_id, version, status, organization_id, reverted
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::jsonb[])
    AS given (tenant_id, version, status, organization_id, reverted)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, status = excluded.status, organization_id = excluded.organization_id,
    reverted = excluded.reverted
WHERE known.version < excluded.version
