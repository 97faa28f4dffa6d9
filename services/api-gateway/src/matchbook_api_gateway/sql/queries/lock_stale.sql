-- What a batch is writing just now is locked by it, and left for the next time.
SELECT tenant_id FROM tenant_counts WHERE stale AND tenant_id > $2 ORDER BY tenant_id LIMIT $1 FOR UPDATE SKIP LOCKED
