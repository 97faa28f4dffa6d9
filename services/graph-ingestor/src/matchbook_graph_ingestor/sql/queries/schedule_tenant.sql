-- A request that came while the sweep ran (later than its start, $2) stays due.
UPDATE tenants SET due_at = CASE WHEN due_at > $2 THEN due_at ELSE $3 END, failures = $4
WHERE tenant_id = $1
