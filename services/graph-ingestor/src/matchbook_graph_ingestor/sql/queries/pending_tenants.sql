SELECT DISTINCT tenant_id FROM devices WHERE details_pending AND NOT retired ORDER BY tenant_id
