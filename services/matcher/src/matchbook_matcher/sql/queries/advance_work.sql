UPDATE tenant_work SET evaluation = evaluation + 1, evaluated_at = clock_timestamp() WHERE tenant_id = ANY($1::text[])
