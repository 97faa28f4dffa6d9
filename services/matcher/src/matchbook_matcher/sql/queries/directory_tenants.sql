-- $1: the tenants, null for all.
SELECT t.tenant_id, t.display_name, t.domains, t.lost, m.status, m.organization_id, m.reverted
FROM tenants AS t
LEFT JOIN tenant_matches AS m USING (tenant_id)
WHERE $1::text[] IS NULL OR t.tenant_id = ANY($1::text[])
