SELECT configuration_id FROM configurations
WHERE organization_id = ANY($1::text[]) AND (serial = ANY($2::text[]) OR mac_addresses && $3::text[])
