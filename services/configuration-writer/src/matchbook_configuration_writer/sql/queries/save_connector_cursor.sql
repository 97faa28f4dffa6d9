INSERT INTO connector_cursors (source, resource, newest, whole_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (source, resource) DO UPDATE SET newest = excluded.newest, whole_at = excluded.whole_at
