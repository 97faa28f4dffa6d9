UPDATE tenant_counts SET
    stale = false,
    total = fresh.total,
    matched = fresh.matched,
    ignored = fresh.ignored,
    unmatched = fresh.unmatched,
    superseded = fresh.superseded,
    retired = fresh.retired,
    suggested = fresh.suggested,
    conflict = fresh.conflict,
    elsewhere = fresh.elsewhere
FROM (
    SELECT
        wanted.tenant_id,
        count(*) FILTER (WHERE status IN ('matched', 'ignored', 'unmatched')) AS total,
        count(*) FILTER (WHERE status = 'matched') AS matched,
        count(*) FILTER (WHERE status = 'ignored') AS ignored,
        count(*) FILTER (WHERE status = 'unmatched') AS unmatched,
        count(*) FILTER (WHERE status = 'superseded') AS superseded,
        count(*) FILTER (WHERE status = 'retired') AS retired,
        count(*) FILTER (WHERE status = 'unmatched' AND suggestion = 'suggested') AS suggested,
        count(*) FILTER (WHERE status = 'unmatched' AND suggestion = 'conflict') AS conflict,
        count(*) FILTER (WHERE status = 'unmatched' AND suggestion = 'elsewhere') AS elsewhere
    FROM unnest($1::text[]) AS wanted (tenant_id)
    LEFT JOIN device_rows USING (tenant_id)
    GROUP BY wanted.tenant_id
) AS fresh
WHERE tenant_counts.tenant_id = fresh.tenant_id
