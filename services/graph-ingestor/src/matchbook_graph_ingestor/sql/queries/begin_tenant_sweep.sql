-- Whoever asked is taken along; what is still open in open_sweeps was interrupted.
WITH asked AS (
    SELECT tenant_id, requested_by FROM tenants WHERE tenant_id = $1 FOR UPDATE
), taken AS (
    UPDATE tenants SET requested_by = NULL FROM asked
    WHERE tenants.tenant_id = asked.tenant_id AND asked.requested_by IS NOT NULL
)
SELECT requested_by, run_id, started_at
FROM asked LEFT JOIN open_sweeps ON open_sweeps.tenant_id = asked.tenant_id AND scope = 'devices'
