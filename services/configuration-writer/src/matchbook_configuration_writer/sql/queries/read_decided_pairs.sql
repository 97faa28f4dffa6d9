-- The last word of people on each pair of a device and a configuration: on the one they matched, and on the one they let
-- go. What a policy accepts only repeats the matcher, and a configuration that was created for a device was no suggestion.
-- Who takes back an own decision, or undoes a bulk action as a whole, says nothing of the pair from there on.
WITH undone AS (
    SELECT convert_from(body, 'UTF8')::json ->> 'decision_id' AS bulk_id FROM history WHERE kind = 'bulk'
),
words AS (
    SELECT subject, version, device_id, pair.configuration_id, action = 'create' AS created,
        CASE WHEN NOT EXISTS (SELECT FROM undone WHERE bulk_id = cause ->> 'bulk_id') THEN says END AS accepted
    FROM history
    CROSS JOIN LATERAL json_to_record(convert_from(body, 'UTF8')::json) AS event (
        device_id text, action text, configuration_id text, previous_configuration_id text, cause json, state json
    )
    CROSS JOIN LATERAL (
        VALUES (event.configuration_id, true),
        (
            event.previous_configuration_id,
            CASE WHEN EXISTS (
                SELECT FROM json_array_elements(state -> 'reverted') AS refused
                WHERE refused ->> 'target_id' = event.previous_configuration_id
            ) THEN false END
        )
    ) AS pair (configuration_id, says)
    WHERE kind = 'device-match' AND event_type IN ('DeviceMatched', 'MatchChanged', 'MatchReverted', 'DeviceIgnored')
        AND cause ->> 'kind' = 'person' AND pair.configuration_id IS NOT NULL
),
last AS (
    SELECT subject, min(device_id) AS device_id, configuration_id, (array_agg(accepted ORDER BY version DESC))[1] AS accepted
    FROM words
    GROUP BY subject, configuration_id
    HAVING NOT bool_or(created)
)
SELECT device_id, configuration_id, accepted FROM last WHERE accepted IS NOT NULL ORDER BY subject, configuration_id
