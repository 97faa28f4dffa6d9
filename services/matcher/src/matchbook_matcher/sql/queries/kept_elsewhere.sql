-- Whoever has evaluated none of it for so long may have ended.
SELECT organization_id
FROM organization_work
WHERE organization_id = ANY($1::text[]) AND keeper <> $2 AND applied_at > clock_timestamp() - interval '10 minutes'
