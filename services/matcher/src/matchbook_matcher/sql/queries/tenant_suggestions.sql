-- $1: the tenants, null for all.
SELECT tenant_id, revision, evaluation, live, content
FROM tenant_suggestions
WHERE $1::text[] IS NULL OR tenant_id = ANY($1::text[])
