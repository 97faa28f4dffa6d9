INSERT INTO history (kind, subject, version, event_id, event_type, body, previous, hash)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
