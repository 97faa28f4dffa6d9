-- Keeps the list of serial numbers on devices of more than $1 tenants, as far as devices of the tenants $2 (null for all)
-- bear them or they stand in it, and marks the tenants of those that come or go.
WITH asked AS (
    SELECT serial_key FROM devices
    WHERE live AND serial_key IS NOT NULL AND ($2::text[] IS NULL OR tenant_id = ANY($2::text[]))
    UNION
    SELECT serial_key FROM common_serials
), now_common AS (
    SELECT d.serial_key
    FROM asked
    JOIN devices AS d ON d.serial_key = asked.serial_key AND d.live
    GROUP BY d.serial_key
    HAVING count(DISTINCT d.tenant_id) > $1
), gone AS (
    DELETE FROM common_serials AS c
    WHERE NOT EXISTS (SELECT FROM now_common AS n WHERE n.serial_key = c.serial_key)
    RETURNING serial_key
), come AS (
    INSERT INTO common_serials (serial_key) SELECT serial_key FROM now_common
    ON CONFLICT DO NOTHING
    RETURNING serial_key
), concerned AS (
    SELECT DISTINCT d.tenant_id
    FROM (SELECT serial_key FROM gone UNION SELECT serial_key FROM come) AS changed
    JOIN devices AS d ON d.serial_key = changed.serial_key AND d.live
)
INSERT INTO marks (kind, subject, part)
SELECT 'tenant', tenant_id, '' FROM concerned
UNION ALL
SELECT 'directory', 'tenant', tenant_id FROM concerned
