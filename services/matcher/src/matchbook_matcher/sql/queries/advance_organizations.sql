UPDATE organization_work SET evaluation = evaluation + 1 WHERE organization_id = ANY($1::text[])
