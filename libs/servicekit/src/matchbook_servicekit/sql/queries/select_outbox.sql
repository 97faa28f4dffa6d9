-- By state, not by cursor: a row that becomes visible late is still found, and before what follows it in its aggregate.
SELECT position FROM outbox ORDER BY position LIMIT $1
