INSERT INTO sessions (id_hash, person_id, name, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
