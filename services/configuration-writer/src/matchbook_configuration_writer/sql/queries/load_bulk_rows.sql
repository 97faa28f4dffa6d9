SELECT
    decisions.bulk_id,
    decisions.decision_id,
    decisions.subject,
    device_matches.tenant_id,
    device_matches.device_id,
    led.version IS DISTINCT FROM device_matches.version AS changed
FROM decisions
LEFT JOIN history AS led ON led.event_id = decisions.event_id AND led.kind = 'device-match'
LEFT JOIN device_matches ON device_matches.tenant_id || '/' || device_matches.device_id = led.subject
WHERE decisions.bulk_id = ANY($1::text[]) AND decisions.outcome = 'applied'
ORDER BY decisions.bulk_id, decisions.subject, decisions.decision_id
