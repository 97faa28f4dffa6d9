-- Those that are there are left out first: ON CONFLICT waits for whoever is at work on one.
INSERT INTO tenant_work (tenant_id)
SELECT given.tenant_id
FROM unnest($1::text[]) AS given (tenant_id)
WHERE NOT EXISTS (SELECT FROM tenant_work AS known WHERE known.tenant_id = given.tenant_id)
ORDER BY given.tenant_id
ON CONFLICT DO NOTHING
