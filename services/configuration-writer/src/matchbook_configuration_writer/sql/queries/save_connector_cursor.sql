INSERT INTO connector_cursors (source, resource, newest, newest_at, read_at, whole_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (source, resource) DO UPDATE SET
    newest = excluded.newest, newest_at = excluded.newest_at, read_at = excluded.read_at, whole_at = excluded.whole_at
