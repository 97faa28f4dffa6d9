SELECT type, body::text AS body FROM connection_requests ORDER BY position LIMIT 1
