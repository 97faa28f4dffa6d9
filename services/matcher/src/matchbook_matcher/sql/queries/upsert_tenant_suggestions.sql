INSERT INTO tenant_suggestions AS known (tenant_id, revision, evaluation, live, content)
SELECT *
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::boolean[], $5::bytea[])
ON CONFLICT (tenant_id) DO UPDATE
SET revision = excluded.revision, evaluation = excluded.evaluation, live = excluded.live, content = excluded.content
