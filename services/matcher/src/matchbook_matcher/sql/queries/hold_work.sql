SELECT tenant_id, evaluation, published
FROM tenant_work
WHERE tenant_id = ANY($1::text[])
ORDER BY tenant_id
FOR UPDATE
