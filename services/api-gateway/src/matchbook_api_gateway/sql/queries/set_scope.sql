WITH gone AS (DELETE FROM scopes WHERE person_id = $1 AND organization_id <> ALL($2::text[]))
INSERT INTO scopes (person_id, organization_id) SELECT $1, organization_id FROM unnest($2::text[]) AS organization_id
ON CONFLICT DO NOTHING
