INSERT INTO outbox (topic, key, partition_key, event_id, body, headers)
SELECT topic, key, partition_key, event_id, body, headers
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[])
    WITH ORDINALITY AS record (topic, key, partition_key, event_id, body, headers, number)
ORDER BY number
