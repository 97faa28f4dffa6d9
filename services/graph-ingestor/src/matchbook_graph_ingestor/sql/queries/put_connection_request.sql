INSERT INTO connection_requests (request_id, type, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
