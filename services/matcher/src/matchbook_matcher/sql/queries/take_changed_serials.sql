-- Marks the devices with the serial numbers in tenants that are matched to other organizations.
WITH taken AS (
    DELETE FROM changed_serials
    WHERE mark IN (SELECT mark FROM changed_serials ORDER BY mark LIMIT 20 FOR UPDATE SKIP LOCKED)
    RETURNING organization_ids, serial_keys
), changed AS (
    SELECT DISTINCT organization_id, serial_key
    FROM taken, unnest(organization_ids, serial_keys) AS pair (organization_id, serial_key)
), marked AS (
    INSERT INTO marks (kind, subject, part)
    SELECT DISTINCT 'device', d.tenant_id, d.device_id
    FROM changed AS c
    JOIN (
        SELECT tenant_id, device_id, serial_key FROM devices WHERE live AND serial_key IS NOT NULL
        UNION ALL
        SELECT tenant_id, device_id, scanned FROM devices WHERE live AND scanned IS NOT NULL
    ) AS d ON d.serial_key = c.serial_key
    JOIN tenant_matches AS m ON m.tenant_id = d.tenant_id AND m.status = 'matched'
    WHERE m.organization_id <> c.organization_id
)
SELECT count(*) FROM taken
