-- Only those that are still $3's: another process may have taken one over since it was looked at.
WITH begun AS (
    UPDATE open_sweeps SET started_at = $2, moved_at = $2
    WHERE tenant_id = ANY($1::text[]) AND scope = 'devices' AND owner = $3 AND started_at IS NULL
    RETURNING tenant_id
),
taken AS (
    UPDATE tenants SET requested_by = NULL WHERE tenant_id IN (SELECT tenant_id FROM begun) AND requested_by IS NOT NULL
)
SELECT tenant_id FROM begun
