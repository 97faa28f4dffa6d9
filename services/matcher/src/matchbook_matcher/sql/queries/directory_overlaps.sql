-- For the tenants given: their usable serial numbers, all (organization_id null) and by organization that documents them
-- in any of their forms.
WITH borne AS (
    SELECT DISTINCT d.tenant_id, d.serial_key, d.scanned
    FROM devices AS d
    WHERE d.tenant_id = ANY($1::text[])
        AND d.live
        AND d.serial_key IS NOT NULL
        AND d.serial_key <> ALL($2::text[])
        AND NOT EXISTS (SELECT FROM common_serials AS s WHERE s.serial_key = d.serial_key)
), forms AS (
    SELECT tenant_id, serial_key, serial_key AS form FROM borne
    UNION ALL
    SELECT tenant_id, serial_key, scanned FROM borne WHERE scanned IS NOT NULL
), documented AS (
    SELECT f.tenant_id, f.serial_key, c.organization_id
    FROM forms AS f
    JOIN configurations AS c ON c.serial_key = f.form AND NOT c.archived
    UNION
    SELECT f.tenant_id, f.serial_key, c.organization_id
    FROM forms AS f
    JOIN configurations AS c ON c.scanned = f.form AND NOT c.archived
)
SELECT tenant_id, NULL AS organization_id, count(DISTINCT serial_key)::integer AS serials
FROM borne
GROUP BY tenant_id
UNION ALL
SELECT tenant_id, organization_id, count(*)::integer
FROM documented
GROUP BY tenant_id, organization_id
