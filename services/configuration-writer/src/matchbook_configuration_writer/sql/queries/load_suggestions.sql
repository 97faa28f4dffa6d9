SELECT tenant_id, device_id, revision, suggestion_id, status, target_id, rule, confidence, fingerprints, superseded_by
FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, device_id)
JOIN suggestions USING (tenant_id, device_id)
