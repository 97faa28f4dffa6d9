WITH moved AS (
    UPDATE open_sweeps SET moved_at = $7 WHERE tenant_id = $1 AND scope = 'devices' AND run_id = $2
)
INSERT INTO sweep_pages (tenant_id, run_id, page, device_ids, next_link, counts) VALUES ($1, $2, $3, $4, $5, $6)
