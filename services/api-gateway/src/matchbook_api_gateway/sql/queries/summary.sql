WITH seen AS (
    SELECT coalesce(tenant_match.status, 'unmatched') AS status, counts.*
    FROM tenants
    LEFT JOIN tenant_matches AS tenant_match USING (tenant_id)
    LEFT JOIN tenant_counts AS counts USING (tenant_id)
    WHERE $1::text[] IS NULL OR tenant_match.status = 'matched' AND tenant_match.organization_id = ANY($1)
)
SELECT
    count(*) AS tenants,
    count(*) FILTER (WHERE status = 'matched') AS tenants_matched,
    count(*) FILTER (WHERE status = 'ignored') AS tenants_ignored,
    count(*) FILTER (WHERE status = 'unmatched') AS tenants_unmatched,
    count(*) FILTER (WHERE status = 'matched' AND coalesce(unmatched, 0) = 0) AS complete,
    coalesce(sum(total), 0) AS total,
    coalesce(sum(matched), 0) AS matched,
    coalesce(sum(ignored), 0) AS ignored,
    coalesce(sum(unmatched), 0) AS unmatched,
    coalesce(sum(superseded), 0) AS superseded,
    coalesce(sum(retired), 0) AS retired,
    coalesce(sum(suggested), 0) AS suggested,
    coalesce(sum(conflict), 0) AS conflict,
    coalesce(sum(elsewhere), 0) AS elsewhere,
    (
        SELECT count(*) FROM organizations
        WHERE NOT archived AND ($1 IS NULL OR organization_id = ANY($1))
    ) AS organizations,
    (
        SELECT count(*) FROM configurations
        WHERE NOT archived AND ($1 IS NULL OR organization_id = ANY($1))
    ) AS configurations,
    (SELECT max(at) FROM sync_runs WHERE sync_runs.status = 'completed') AS last_sync
FROM seen
