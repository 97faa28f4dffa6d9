SELECT organization_id FROM organizations WHERE organization_id = ANY($1::text[])
