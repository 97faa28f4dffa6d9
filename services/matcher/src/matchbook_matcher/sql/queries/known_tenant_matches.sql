SELECT organization_id FROM tenant_matches WHERE tenant_id = ANY($1::text[]) AND organization_id IS NOT NULL
