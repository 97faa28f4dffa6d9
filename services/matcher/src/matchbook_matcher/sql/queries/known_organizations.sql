SELECT organization_id, name FROM organizations WHERE organization_id = ANY($1::text[])
