SELECT version, convert_from(body, 'UTF8') AS event FROM history WHERE kind = 'policies' ORDER BY version DESC LIMIT 1
