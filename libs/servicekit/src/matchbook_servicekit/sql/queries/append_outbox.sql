-- Numbered in the order given. The notification is only a hint: it reaches whoever listens after the commit.
WITH appended AS (
    INSERT INTO outbox (topic, key, partition_key, event_id, body, headers)
    SELECT topic, key, partition_key, event_id, body, headers
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[])
        WITH ORDINALITY AS given (topic, key, partition_key, event_id, body, headers, place)
    ORDER BY place
)
SELECT pg_notify($7, current_schema())
