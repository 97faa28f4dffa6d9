SELECT tenant_id, device_id, revision, evaluation, live, content
FROM device_suggestions
WHERE tenant_id = ANY($1::text[])
