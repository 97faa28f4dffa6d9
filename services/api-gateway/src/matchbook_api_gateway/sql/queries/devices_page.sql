-- $1 tenant; $2 search as typed, or null; $3 search without punctuation, or null; $4 status, or null; $5 suggestion, or null;
-- $6 what to sort by; $7 descending; $8, $9 the last row of the page before, or null; $10 rows.
-- `found` is what the search finds in the tenant, whatever its status: the tabs' counts are of it.
WITH found AS MATERIALIZED (
    SELECT
        device_id,
        status,
        suggestion,
        changed_since,
        CASE $6::text
            WHEN 'serial_number' THEN sort_serial
            WHEN 'user_principal_name' THEN sort_user
            WHEN 'confidence' THEN coalesce(to_char(confidence, 'FM0.000000'), '')
            WHEN 'last_sync_at' THEN coalesce(to_char(last_sync_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '')
            ELSE device_rows.sort_name
        END COLLATE "C" AS sort_value
    FROM device_rows
    LEFT JOIN configurations AS configuration USING (configuration_id)
    WHERE tenant_id = $1
        AND (
            $2::text IS NULL
            OR strpos(device_rows.search, $2) > 0
            OR strpos(device_rows.search, $3::text) > 0
            OR strpos(configuration.sort_name, $2) > 0
            OR (suggestion = 'suggested' AND strpos(target_name, $2) > 0)
        )
),
counted AS (
    SELECT jsonb_agg(jsonb_build_array(status, suggestion, changed_since, devices)) AS counts
    FROM (
        SELECT status, suggestion, changed_since, count(*) AS devices FROM found GROUP BY status, suggestion, changed_since
    ) AS by_kind
),
page AS (
    SELECT device_id, sort_value
    FROM found
    WHERE ($4::text IS NULL OR status = $4)
        AND ($5::text IS NULL OR coalesce(suggestion, 'none') = $5 OR ($5 = 'changed_since' AND changed_since))
        AND (
            $8::text IS NULL
            OR ($7::boolean AND (sort_value, device_id COLLATE "C") < ($8, $9::text))
            OR (NOT $7 AND (sort_value, device_id COLLATE "C") > ($8, $9))
        )
    ORDER BY
        CASE WHEN $7 THEN sort_value END DESC, CASE WHEN $7 THEN device_id COLLATE "C" END DESC,
        sort_value, device_id COLLATE "C"
    LIMIT $10
)
SELECT counted.counts, page.sort_value, row.*
FROM counted
LEFT JOIN page ON true
LEFT JOIN device_details AS row ON row.tenant_id = $1 AND row.device_id = page.device_id
ORDER BY
    CASE WHEN $7 THEN page.sort_value END DESC, CASE WHEN $7 THEN page.device_id COLLATE "C" END DESC,
    page.sort_value, page.device_id COLLATE "C"
