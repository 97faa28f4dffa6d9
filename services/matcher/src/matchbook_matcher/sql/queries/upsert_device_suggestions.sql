INSERT INTO device_suggestions AS known (tenant_id, device_id, revision, evaluation, live, content)
SELECT *
FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::boolean[], $6::bytea[])
ON CONFLICT (tenant_id, device_id) DO UPDATE
SET revision = excluded.revision, evaluation = excluded.evaluation, live = excluded.live, content = excluded.content
