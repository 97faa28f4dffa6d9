SELECT configuration_id, organization_id FROM configurations WHERE configuration_id = ANY($1)
