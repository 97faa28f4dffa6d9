WITH not_read_again AS (
    UPDATE reads_by_id SET read_at = NULL WHERE tenant_id = $1 AND device_id = ANY($2::text[])
)
UPDATE devices SET revision = revision + 1, retired = true, details_pending = false
WHERE tenant_id = $1 AND device_id = ANY($2::text[]) AND NOT retired
