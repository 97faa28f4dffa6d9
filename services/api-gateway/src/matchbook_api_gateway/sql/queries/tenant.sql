SELECT tenant_rows.*, own_schedule.interval_seconds
FROM tenant_rows
LEFT JOIN schedules AS own_schedule USING (tenant_id)
WHERE tenant_id = $1 AND ($2::text[] IS NULL OR status = 'matched' AND organization_id = ANY($2))
