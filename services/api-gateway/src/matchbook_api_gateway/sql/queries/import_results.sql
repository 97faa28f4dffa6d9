SELECT result
FROM import_chunks CROSS JOIN LATERAL jsonb_array_elements(results) AS result
WHERE import_id = $1
ORDER BY result ->> 'result' = 'rejected' DESC, (result ->> 'row')::integer
LIMIT $2
