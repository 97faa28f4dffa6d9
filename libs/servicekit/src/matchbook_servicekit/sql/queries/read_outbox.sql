SELECT position, topic, key, partition_key, event_id, body, headers FROM outbox WHERE position = ANY($1::bigint[])
