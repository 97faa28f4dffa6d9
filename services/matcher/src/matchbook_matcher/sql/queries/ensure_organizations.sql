-- Those that are there are left out first: ON CONFLICT waits for whoever is at work on one.
INSERT INTO organization_work (organization_id)
SELECT given.organization_id
FROM unnest($1::text[]) AS given (organization_id)
WHERE NOT EXISTS (SELECT FROM organization_work AS known WHERE known.organization_id = given.organization_id)
ORDER BY given.organization_id
ON CONFLICT DO NOTHING
