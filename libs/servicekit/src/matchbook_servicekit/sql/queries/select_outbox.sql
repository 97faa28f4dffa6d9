-- By state, not by cursor: a row that becomes visible late is still found.
SELECT position, topic, key, partition_key, event_id, body, headers
FROM outbox
ORDER BY position
LIMIT $1
