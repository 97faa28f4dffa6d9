SELECT
    person_id, name, role,
    (SELECT array_agg(organization_id ORDER BY organization_id) FROM scopes WHERE scopes.person_id = sessions.person_id)
        AS organizations
FROM sessions
WHERE id_hash = $1 AND expires_at > $2
