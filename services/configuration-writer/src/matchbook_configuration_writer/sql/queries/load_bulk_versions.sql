SELECT subject AS bulk_id, max(version) AS version
FROM history
WHERE kind = 'bulk' AND subject = ANY($1::text[])
GROUP BY subject
