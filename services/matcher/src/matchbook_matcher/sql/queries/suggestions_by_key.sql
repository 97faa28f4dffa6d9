SELECT tenant_id, device_id, revision, evaluation, live, content
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
JOIN device_suggestions USING (tenant_id, device_id)
