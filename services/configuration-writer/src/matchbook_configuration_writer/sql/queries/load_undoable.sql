-- Each part is looked up by key, one row at a time: joined, a planner without statistics compares every decision with every
-- configuration, and takes an event's JSON apart for each.
WITH led AS MATERIALIZED (
    SELECT
        decisions.decision_id, event.kind, event.subject, event.version,
        CASE WHEN event.kind = 'device-match' THEN convert_from(event.body, 'UTF8')::json -> 'state' END AS device_match
    FROM decisions
    CROSS JOIN LATERAL (SELECT * FROM history WHERE history.event_id = decisions.event_id LIMIT 1) AS event
    WHERE decisions.decision_id = ANY($1::text[])
        AND event.kind IN ('device-match', 'tenant-match', 'configuration')
)
SELECT
    led.decision_id,
    led.kind,
    led.subject,
    led.version,
    (
        SELECT (convert_from(body, 'UTF8')::json -> 'state')::text
        FROM history
        WHERE history.kind = led.kind AND history.subject = led.subject AND history.version = led.version - 1
    ) AS before,
    CASE WHEN led.device_match ->> 'origin' = 'created' THEN (
        SELECT (convert_from(body, 'UTF8')::json -> 'state')::text
        FROM history
        WHERE history.kind = 'configuration' AND history.subject = led.device_match ->> 'configuration_id' AND history.version = 1
    ) END AS created
FROM led
