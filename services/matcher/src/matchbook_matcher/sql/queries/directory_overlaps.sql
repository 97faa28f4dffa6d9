-- For the tenants given: their usable serial numbers, all (organization_id null) and by organization that documents them.
WITH borne AS (
    SELECT DISTINCT d.tenant_id, d.serial_key
    FROM devices AS d
    WHERE d.tenant_id = ANY($1::text[])
        AND d.live
        AND d.serial_key IS NOT NULL
        AND NOT EXISTS (SELECT FROM common_serials AS s WHERE s.serial_key = d.serial_key)
)
SELECT tenant_id, NULL AS organization_id, count(*)::integer AS serials
FROM borne
GROUP BY tenant_id
UNION ALL
SELECT b.tenant_id, c.organization_id, count(DISTINCT b.serial_key)::integer
FROM borne AS b
JOIN configurations AS c ON c.serial_key = b.serial_key AND NOT c.archived
GROUP BY b.tenant_id, c.organization_id
