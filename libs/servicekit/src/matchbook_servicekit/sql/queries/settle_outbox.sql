WITH gone AS (
    DELETE FROM outbox WHERE position = ANY($1::bigint[])
    RETURNING position, topic, event_id
)
INSERT INTO outbox_published (position, topic, event_id, kafka_partition, kafka_offset)
SELECT gone.position, gone.topic, gone.event_id, place.kafka_partition, place.kafka_offset
FROM gone
JOIN unnest($1::bigint[], $2::integer[], $3::bigint[]) AS place (position, kafka_partition, kafka_offset) USING (position)
