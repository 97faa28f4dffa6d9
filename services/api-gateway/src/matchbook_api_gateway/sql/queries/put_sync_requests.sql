INSERT INTO sync_requests (request_id, tenant_id, actor_id, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
ON CONFLICT DO NOTHING
