INSERT INTO organization_work (organization_id)
SELECT organization_id FROM unnest($1::text[]) AS organization_id ORDER BY organization_id
ON CONFLICT DO NOTHING
