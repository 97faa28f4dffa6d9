-- $1 aggregate; $2 also the events of devices that held this configuration; newest first.
SELECT entry FROM (
    SELECT at, event_id, entry FROM history WHERE aggregate = $1
    UNION ALL
    SELECT at, event_id, entry FROM history WHERE configuration_id = $2
) AS both_kinds
ORDER BY at DESC, event_id
LIMIT $3
