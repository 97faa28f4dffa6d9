UPDATE devices SET revision = revision + 1, retired = true, details_pending = false
WHERE tenant_id = $1 AND device_id = ANY($2::text[]) AND NOT retired
