INSERT INTO bulks AS kept (bulk_id, action, total, actor_id, tenant_id, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (bulk_id) DO UPDATE SET total = excluded.total
