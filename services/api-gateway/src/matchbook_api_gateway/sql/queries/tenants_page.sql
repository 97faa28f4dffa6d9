-- $1 organizations the caller is limited to, or null; $2 search, or null; $3 status, or null; $4 what to sort by;
-- $5 descending; $6, $7 the last row of the page before, or null; $8 rows. `listed` counts what the filter selects.
WITH found AS MATERIALIZED (
    SELECT
        tenant_rows.*,
        CASE $4::text
            WHEN 'devices_unmatched' THEN lpad(unmatched::text, 10, '0')
            WHEN 'last_sync' THEN coalesce(to_char(sync_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '')
            ELSE sort_name
        END COLLATE "C" AS sort_value
    FROM tenant_rows
    WHERE ($1::text[] IS NULL OR status = 'matched' AND organization_id = ANY($1))
        AND ($2::text IS NULL OR strpos(search, $2) > 0 OR strpos(organization_sort_name, $2) > 0)
        AND ($3::text IS NULL OR status = $3)
)
SELECT (SELECT count(*) FROM found) AS listed, page.*
FROM (SELECT) AS once
LEFT JOIN LATERAL (
    SELECT *
    FROM found
    WHERE $6::text IS NULL
        OR ($5::boolean AND (sort_value, tenant_id COLLATE "C") < ($6, $7::text))
        OR (NOT $5 AND (sort_value, tenant_id COLLATE "C") > ($6, $7))
    ORDER BY
        CASE WHEN $5 THEN sort_value END DESC, CASE WHEN $5 THEN tenant_id COLLATE "C" END DESC,
        sort_value, tenant_id COLLATE "C"
    LIMIT $8
) AS page ON true
