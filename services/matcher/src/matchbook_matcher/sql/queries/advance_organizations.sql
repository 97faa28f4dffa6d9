UPDATE organization_work
SET evaluation = evaluation + 1, knowledge = $2, applied_at = clock_timestamp()
WHERE organization_id = ANY($1::text[])
