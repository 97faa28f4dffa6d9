INSERT INTO suggestions AS kept
    (tenant_id, device_id, revision, status, suggestion_id, confidence, target_id, target_name, fingerprint, body)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::real[], $7::text[], $8::text[], $9::text[], $10::bytea[]
)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    revision = excluded.revision,
    status = excluded.status,
    suggestion_id = excluded.suggestion_id,
    confidence = excluded.confidence,
    target_id = excluded.target_id,
    target_name = excluded.target_name,
    fingerprint = excluded.fingerprint,
    body = excluded.body
WHERE kept.revision < excluded.revision
