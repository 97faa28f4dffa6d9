SELECT
    imports.*,
    coalesce(counted.applied_chunks, 0) AS applied_chunks,
    coalesce(counted.created, 0) AS created,
    coalesce(counted.updated, 0) AS updated,
    coalesce(counted.unchanged, 0) AS unchanged,
    coalesce(counted.rejected, 0) AS rejected
FROM imports
CROSS JOIN LATERAL (
    SELECT
        count(*) AS applied_chunks, sum(created) AS created, sum(updated) AS updated, sum(unchanged) AS unchanged,
        sum(rejected) AS rejected
    FROM import_chunks
    WHERE import_chunks.import_id = imports.import_id
) AS counted
WHERE imports.import_id = $1
