-- What a decision led to, and how it is now; all but the subject is null for what can't be undone.
SELECT
    decisions.bulk_id,
    decisions.decision_id,
    decisions.subject,
    coalesce(device_matches.tenant_id, tenant_matches.tenant_id) AS tenant_id,
    device_matches.device_id,
    configurations.organization_id,
    configurations.configuration_id,
    led.version IS DISTINCT FROM
        coalesce(device_matches.version, tenant_matches.version, configurations.version) AS changed
FROM decisions
LEFT JOIN history AS led ON led.event_id = decisions.event_id
LEFT JOIN device_matches ON
    led.kind = 'device-match' AND device_matches.tenant_id || '/' || device_matches.device_id = led.subject
LEFT JOIN tenant_matches ON led.kind = 'tenant-match' AND tenant_matches.tenant_id = led.subject
LEFT JOIN configurations ON led.kind = 'configuration' AND configurations.configuration_id = led.subject
WHERE decisions.bulk_id = ANY($1::text[]) AND decisions.outcome = 'applied'
ORDER BY decisions.bulk_id, decisions.subject, decisions.decision_id
