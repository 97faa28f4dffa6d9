INSERT INTO suggestions (tenant_id, device_id, revision, suggestion_id, status, target_id, rule, confidence, fingerprints,
    superseded_by)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::double precision[], $9::jsonb[], $10::text[])
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    revision = excluded.revision,
    suggestion_id = excluded.suggestion_id,
    status = excluded.status,
    target_id = excluded.target_id,
    rule = excluded.rule,
    confidence = excluded.confidence,
    fingerprints = excluded.fingerprints,
    superseded_by = excluded.superseded_by
WHERE suggestions.revision < excluded.revision
