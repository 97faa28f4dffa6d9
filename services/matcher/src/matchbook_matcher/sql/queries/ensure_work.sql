INSERT INTO tenant_work (tenant_id)
SELECT tenant_id FROM unnest($1::text[]) AS tenant_id ORDER BY tenant_id
ON CONFLICT DO NOTHING
