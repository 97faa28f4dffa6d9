-- The older enrolments that the wanted devices replace.
SELECT suggestions.tenant_id, suggestions.device_id, revision, suggestion_id, status, target_id, rule, confidence,
    fingerprints, superseded_by
FROM unnest($1::text[], $2::text[]) AS newer (tenant_id, device_id)
JOIN suggestions ON suggestions.tenant_id = newer.tenant_id AND suggestions.superseded_by = newer.device_id
