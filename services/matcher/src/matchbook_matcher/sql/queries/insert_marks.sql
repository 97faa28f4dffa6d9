INSERT INTO marks (kind, subject, part) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
