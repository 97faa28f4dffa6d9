SELECT organization_id FROM organization_work WHERE organization_id = ANY($1::text[]) AND keeper <> $2
