UPDATE organization_work
SET evaluation = evaluation + 1, keeper = $2, knowledge = $3, applied_at = clock_timestamp()
WHERE organization_id = ANY($1::text[])
