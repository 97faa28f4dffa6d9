-- An import that this gateway sent has its row already, with the number of rows.
INSERT INTO imports AS kept (import_id, subject, chunks, rows, actor_id, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::timestamptz[])
ON CONFLICT (import_id) DO UPDATE SET
    rows = coalesce(kept.rows, excluded.rows),
    actor_id = coalesce(kept.actor_id, excluded.actor_id)
