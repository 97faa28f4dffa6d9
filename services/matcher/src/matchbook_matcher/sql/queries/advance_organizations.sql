UPDATE organization_work SET evaluation = evaluation + 1, keeper = $2 WHERE organization_id = ANY($1::text[])
