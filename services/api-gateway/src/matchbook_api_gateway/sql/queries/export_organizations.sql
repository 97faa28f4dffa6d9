SELECT body FROM organizations WHERE $1::text[] IS NULL OR organization_id = ANY($1) ORDER BY sort_name, organization_id
