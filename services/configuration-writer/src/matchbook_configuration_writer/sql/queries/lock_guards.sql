SELECT name FROM guards WHERE name = ANY($1::text[]) ORDER BY name COLLATE "C" FOR UPDATE
