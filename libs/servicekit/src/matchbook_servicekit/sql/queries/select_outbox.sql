-- By state, not by cursor: a row that becomes visible late is still found, and before what follows it in its aggregate.
-- $2 holds the positions that are being published at this moment.
SELECT position, topic, key, partition_key, event_id, body, headers
FROM outbox
WHERE position <> ALL($2::bigint[])
ORDER BY position
LIMIT $1
