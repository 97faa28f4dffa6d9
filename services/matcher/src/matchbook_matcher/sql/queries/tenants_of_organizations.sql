SELECT tenant_id, organization_id
FROM tenant_matches
WHERE status = 'matched' AND organization_id = ANY($1::text[])
