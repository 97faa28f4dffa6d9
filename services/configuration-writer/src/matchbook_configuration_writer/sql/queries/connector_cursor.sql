SELECT newest, newest_at, read_at, whole_at FROM connector_cursors WHERE source = $1 AND resource = $2
