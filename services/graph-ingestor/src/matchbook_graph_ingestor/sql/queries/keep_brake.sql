UPDATE tenants SET braked_runs = $2, confirmed_absences = $3 WHERE tenant_id = $1
