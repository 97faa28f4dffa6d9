SELECT
    decisions.decision_id,
    led.kind,
    led.subject,
    led.version,
    (convert_from(before.body, 'UTF8')::json -> 'state')::text AS before,
    (convert_from(created.body, 'UTF8')::json -> 'state')::text AS created
FROM decisions
JOIN history AS led ON led.event_id = decisions.event_id AND led.kind IN ('device-match', 'tenant-match', 'configuration')
LEFT JOIN history AS before ON before.kind = led.kind AND before.subject = led.subject AND before.version = led.version - 1
LEFT JOIN history AS created
    ON led.kind = 'device-match'
    AND convert_from(led.body, 'UTF8')::json -> 'state' ->> 'origin' = 'created'
    AND created.kind = 'configuration'
    AND created.subject = convert_from(led.body, 'UTF8')::json -> 'state' ->> 'configuration_id'
    AND created.version = 1
WHERE decisions.decision_id = ANY($1::text[])
