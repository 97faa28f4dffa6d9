SELECT state::text AS state FROM organizations WHERE organization_id = ANY($1::text[]) OR folded_name = ANY($2::text[])
