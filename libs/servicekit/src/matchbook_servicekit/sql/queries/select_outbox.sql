-- By state, not by cursor: a row that becomes visible late is still found, and before what follows it in its aggregate.
-- $2 holds the positions that are being published at this moment; joined, since "<> ALL" would compare each with each.
SELECT position, topic, key, partition_key, event_id, body, headers
FROM outbox
WHERE NOT EXISTS (SELECT FROM unnest($2::bigint[]) AS under_way (position) WHERE under_way.position = outbox.position)
ORDER BY position
LIMIT $1
