SELECT interval_seconds AS interval, customers_failures AS failures, requested_by, run_id, started_at
FROM account
LEFT JOIN open_sweeps ON tenant_id = $1 AND scope = 'customers'
FOR UPDATE OF account
