DELETE FROM connection_requests WHERE request_id = $1 RETURNING true
