-- The configurations that a release of everything a filter selects goes to: $1 the organizations that the person sees, or
-- null for all; $2 organization, or null; $3, $4 search, or null; $5 left out.
SELECT organization_id, configuration_id
FROM configurations
WHERE psa_sync = 'held' AND NOT archived
    AND ($1::text[] IS NULL OR organization_id = ANY($1::text[]))
    AND ($2::text IS NULL OR organization_id = $2)
    AND ($3::text IS NULL OR strpos(search, $3) > 0 OR strpos(search, $4::text) > 0)
    AND configuration_id <> ALL($5::text[])
ORDER BY organization_id, sort_name, configuration_id
