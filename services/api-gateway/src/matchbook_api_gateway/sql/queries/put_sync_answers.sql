-- The answer knows the tenant's id where the request named a domain.
INSERT INTO sync_requests (request_id, tenant_id, actor_id, at, answer, message, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bytea[])
ON CONFLICT (request_id) DO UPDATE SET
    tenant_id = excluded.tenant_id,
    at = excluded.at,
    answer = excluded.answer,
    message = excluded.message,
    body = excluded.body
