INSERT INTO guards (name)
SELECT name FROM unnest($1::text[]) AS name ORDER BY name COLLATE "C"
ON CONFLICT DO NOTHING
