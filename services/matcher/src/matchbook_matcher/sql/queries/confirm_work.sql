UPDATE tenant_work SET published = evaluation WHERE tenant_id = ANY($1::text[])
