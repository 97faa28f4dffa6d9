-- Keeps the list of serial numbers on devices of more than $1 tenants, and marks the tenants of those that come or go.
WITH now_common AS (
    SELECT serial_key
    FROM devices
    WHERE live AND serial_key IS NOT NULL
    GROUP BY serial_key
    HAVING count(DISTINCT tenant_id) > $1
), gone AS (
    DELETE FROM common_serials AS c
    WHERE NOT EXISTS (SELECT FROM now_common AS n WHERE n.serial_key = c.serial_key)
    RETURNING serial_key
), come AS (
    INSERT INTO common_serials (serial_key) SELECT serial_key FROM now_common
    ON CONFLICT DO NOTHING
    RETURNING serial_key
)
INSERT INTO marks (kind, subject)
SELECT DISTINCT 'tenant', d.tenant_id
FROM (SELECT serial_key FROM gone UNION SELECT serial_key FROM come) AS changed
JOIN devices AS d ON d.serial_key = changed.serial_key AND d.live
