-- What each policy would accept of all that is undecided below a matched tenant; number 0 is what none would.
WITH wanted AS (
    SELECT *
    FROM jsonb_to_recordset($1::jsonb) AS policy
        (number integer, rule text, minimum_confidence double precision, organization_ids jsonb)
),
undecided AS (
    SELECT
        device.suggestion,
        tenant.organization_id,
        CASE
            WHEN device.suggestion = 'suggested' THEN convert_from(device.suggestion_body, 'UTF8')::jsonb -> 'candidate'
        END AS candidate,
        device_match.reverted
    FROM device_rows AS device
    LEFT JOIN device_matches AS device_match USING (tenant_id, device_id)
    JOIN tenant_matches AS tenant ON tenant.tenant_id = device.tenant_id AND tenant.status = 'matched'
    WHERE device.status = 'unmatched'
)
SELECT
    coalesce(first.number, 0) AS number,
    count(*) AS devices,
    count(*) FILTER (WHERE undecided.suggestion = 'conflict') AS conflicts
FROM undecided
LEFT JOIN LATERAL (
    SELECT min(wanted.number) AS number
    FROM wanted
    WHERE wanted.rule = undecided.candidate ->> 'rule'
        AND wanted.minimum_confidence <= (undecided.candidate ->> 'confidence')::double precision
        AND NOT coalesce(undecided.reverted ? (undecided.candidate ->> 'target_id'), false)
        AND (wanted.organization_ids IS NULL OR wanted.organization_ids ? undecided.organization_id)
) AS first ON true
GROUP BY 1
ORDER BY 1
