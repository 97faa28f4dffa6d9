INSERT INTO changes (document) VALUES ($1) RETURNING number
