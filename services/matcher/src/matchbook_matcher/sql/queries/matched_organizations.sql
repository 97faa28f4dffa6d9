SELECT tenant_id, organization_id
FROM tenant_matches
WHERE status = 'matched' AND tenant_id = ANY($1::text[])
