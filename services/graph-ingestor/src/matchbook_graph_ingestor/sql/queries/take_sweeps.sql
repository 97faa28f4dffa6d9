UPDATE open_sweeps SET owner = $3
FROM unnest($1::text[], $2::text[]) AS due (tenant_id, run_id)
WHERE open_sweeps.tenant_id = due.tenant_id AND scope = 'devices' AND open_sweeps.run_id = due.run_id AND owner IS NULL
RETURNING open_sweeps.tenant_id, open_sweeps.run_id
