SELECT *
FROM tenant_rows
WHERE tenant_id = $1 AND ($2::text[] IS NULL OR status = 'matched' AND organization_id = ANY($2))
