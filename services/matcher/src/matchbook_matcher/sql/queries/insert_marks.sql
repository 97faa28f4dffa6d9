INSERT INTO marks (kind, subject) SELECT * FROM unnest($1::text[], $2::text[])
