SELECT tenant_id
FROM tenant_matches
WHERE status = 'matched' AND organization_id = ANY($1) AND ($2::text[] IS NULL OR tenant_id = ANY($2))
