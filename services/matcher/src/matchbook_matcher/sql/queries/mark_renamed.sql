-- Marks the tenants, matched to other organizations, whose devices are documented under organizations with a new name.
INSERT INTO marks (kind, subject)
SELECT DISTINCT 'tenant', d.tenant_id
FROM configurations AS c
JOIN devices AS d
    ON (d.serial_key IN (c.serial_key, c.scanned) OR d.scanned IN (c.serial_key, c.scanned)) AND d.live
JOIN tenant_matches AS m ON m.tenant_id = d.tenant_id AND m.status = 'matched'
WHERE c.organization_id = ANY($1::text[]) AND NOT c.archived AND m.organization_id <> c.organization_id
