SELECT sync_runs.*, tenants.display_name AS tenant_name
FROM sync_runs
LEFT JOIN tenants USING (tenant_id)
LEFT JOIN tenant_matches USING (tenant_id)
WHERE ($1::text[] IS NULL OR tenant_matches.status = 'matched' AND tenant_matches.organization_id = ANY($1))
    AND ($2::text IS NULL OR sync_runs.tenant_id = $2)
ORDER BY sync_runs.at DESC, sync_runs.run_id
LIMIT $3
