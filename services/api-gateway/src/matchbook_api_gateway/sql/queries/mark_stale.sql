INSERT INTO tenant_counts AS kept (tenant_id, stale)
SELECT tenant_id, true FROM unnest($1::text[]) AS tenant_id
ON CONFLICT (tenant_id) DO UPDATE SET stale = true
WHERE NOT kept.stale
