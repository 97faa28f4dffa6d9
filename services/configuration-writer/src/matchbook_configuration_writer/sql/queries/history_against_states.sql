-- What the tables hold beside what the history ends with; only where the two differ. Refusals, policies and undone bulk
-- actions have no table but the history: the decisions they answer are looked at apart.
WITH current AS (
    SELECT 'device-match' AS kind, tenant_id || '/' || device_id AS subject, version, state::jsonb AS state FROM device_matches
    UNION ALL
    SELECT 'tenant-match', tenant_id, version, state::jsonb FROM tenant_matches
    UNION ALL
    SELECT 'configuration', configuration_id, version, state::jsonb FROM configurations
    UNION ALL
    SELECT 'organization', organization_id, version, state::jsonb FROM organizations
    UNION ALL
    SELECT 'import', import_id, version, NULL FROM imports
),
last AS (
    SELECT DISTINCT ON (kind, subject) kind, subject, version, convert_from(body, 'UTF8')::jsonb -> 'state' AS state
    FROM history
    WHERE kind NOT IN ('decision', 'policies', 'bulk')
    ORDER BY kind, subject, version DESC
)
SELECT kind, subject, current.version AS current_version, last.version AS last_version
FROM current
FULL JOIN last USING (kind, subject)
WHERE current.version IS DISTINCT FROM last.version OR current.state IS DISTINCT FROM last.state
ORDER BY kind, subject
