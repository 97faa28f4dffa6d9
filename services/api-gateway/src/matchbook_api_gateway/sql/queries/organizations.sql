-- Names that begin with the search come first.
SELECT organization_id AS id, name
FROM organizations
WHERE NOT archived
    AND ($1::text[] IS NULL OR organization_id = ANY($1))
    AND ($2::text IS NULL OR strpos(sort_name, $2) > 0)
ORDER BY $2 IS NOT NULL AND NOT starts_with(sort_name, $2), sort_name, organization_id
LIMIT $3
