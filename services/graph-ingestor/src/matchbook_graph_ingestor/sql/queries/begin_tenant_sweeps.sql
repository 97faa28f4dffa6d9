WITH taken AS (
    UPDATE tenants SET requested_by = NULL WHERE tenant_id = ANY($1::text[]) AND requested_by IS NOT NULL
)
UPDATE open_sweeps SET started_at = $2, moved_at = $2 WHERE tenant_id = ANY($1::text[]) AND scope = 'devices'
