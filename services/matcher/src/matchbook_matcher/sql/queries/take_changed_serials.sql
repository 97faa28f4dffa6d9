-- Marks the devices with the serial numbers in tenants that are matched to other organizations, and tenants without a match.
-- Each number is looked up by itself: a join reads all devices where the planner takes the arrays for large.
WITH taken AS (
    DELETE FROM changed_serials
    WHERE mark IN (SELECT mark FROM changed_serials ORDER BY mark LIMIT 20 FOR UPDATE SKIP LOCKED)
    RETURNING organization_ids, serial_keys
), changed AS (
    SELECT DISTINCT organization_id, serial_key
    FROM taken, unnest(organization_ids, serial_keys) AS pair (organization_id, serial_key)
), borne AS MATERIALIZED (
    SELECT c.organization_id, d.tenant_id, d.device_id
    FROM changed AS c
    CROSS JOIN LATERAL (
        SELECT tenant_id, device_id FROM devices WHERE live AND serial_key = c.serial_key
        UNION ALL
        SELECT tenant_id, device_id FROM devices WHERE live AND scanned = c.serial_key
    ) AS d
), bearing AS (
    SELECT b.organization_id, b.tenant_id, b.device_id, m.organization_id AS matched
    FROM borne AS b
    LEFT JOIN tenant_matches AS m ON m.tenant_id = b.tenant_id AND m.status = 'matched'
), marked AS (
    INSERT INTO marks (kind, subject, part)
    SELECT DISTINCT 'device', tenant_id, device_id FROM bearing WHERE matched <> organization_id
    UNION ALL
    SELECT DISTINCT 'directory', 'tenant', tenant_id FROM bearing WHERE matched IS NULL
)
SELECT count(*) FROM taken
