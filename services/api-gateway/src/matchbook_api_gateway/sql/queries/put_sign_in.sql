INSERT INTO sign_ins (browser_hash, flow, destination, expires_at) VALUES ($1, $2, $3, $4)
