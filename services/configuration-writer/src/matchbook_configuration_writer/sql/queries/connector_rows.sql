SELECT id, version, fields, refused FROM connector_rows WHERE source = $1 AND resource = $2 AND id = ANY($3::text[])
