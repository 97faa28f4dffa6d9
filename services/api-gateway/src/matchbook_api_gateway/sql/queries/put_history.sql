INSERT INTO history (aggregate, at, event_id, configuration_id, entry)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::bytea[])
ON CONFLICT (aggregate, at, event_id) DO NOTHING
