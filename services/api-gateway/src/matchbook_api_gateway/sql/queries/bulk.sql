SELECT
    bulks.*,
    counted.applied,
    counted.rejected,
    counted.pending
FROM bulks
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE status = 'applied') AS applied,
        count(*) FILTER (WHERE status = 'rejected') AS rejected,
        count(*) FILTER (WHERE status = 'pending') AS pending
    FROM decisions
    WHERE decisions.bulk_id = bulks.bulk_id
) AS counted
WHERE bulks.bulk_id = $1
