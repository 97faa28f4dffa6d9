DELETE FROM open_sweeps WHERE tenant_id = $1 AND scope = $2 AND run_id = $3
