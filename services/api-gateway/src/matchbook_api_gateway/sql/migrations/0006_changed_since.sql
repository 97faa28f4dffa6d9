-- Whether what is suggested for an ignored device has changed since it was ignored.
ALTER TABLE device_matches ADD COLUMN ignored_suggestion jsonb;
ALTER TABLE suggestions ADD COLUMN target_id text, ADD COLUMN fingerprint text;
-- Suggestions that stand are not told again.
UPDATE suggestions SET
    target_id = convert_from(body, 'UTF8')::json #>> '{candidate,target_id}',
    fingerprint = convert_from(body, 'UTF8')::json #>> '{candidate,fingerprint}'
WHERE status = 'suggested';

DROP VIEW device_details;
DROP VIEW device_rows;

-- Every device as lists and filters see it.
CREATE VIEW device_rows AS
SELECT
    device.tenant_id,
    device.device_id,
    device.sort_name,
    device.sort_serial,
    device.sort_user,
    device.last_sync_at,
    device.search,
    device.body,
    coalesce(device_match.version, 0) AS version,
    device_match.configuration_id,
    coalesce(device_match.orphaned, false) AS orphaned,
    device_match.ignored_reason,
    device_match.ignored_until,
    CASE
        WHEN device.retired THEN 'retired'
        WHEN device_match.status IN ('matched', 'ignored') THEN device_match.status
        WHEN device_match.superseded OR suggestion.status = 'superseded' THEN 'superseded'
        ELSE 'unmatched'
    END AS status,
    -- A retired or matched device has nothing to be suggested, even before the withdrawal has arrived.
    CASE WHEN NOT device.retired AND device_match.status IS DISTINCT FROM 'matched' THEN suggestion.status END AS suggestion,
    -- What was suggested when the device was ignored is not what is suggested now. Where either is not known, or nothing
    -- is suggested any more, there is nothing to look at again.
    coalesce(
        NOT device.retired
        AND device_match.ignored_suggestion IS NOT NULL
        AND suggestion.status <> 'superseded'
        AND (suggestion.status, suggestion.target_id, suggestion.fingerprint) IS DISTINCT FROM (
            device_match.ignored_suggestion ->> 'status',
            device_match.ignored_suggestion ->> 'target_id',
            device_match.ignored_suggestion ->> 'fingerprint'
        ),
        false
    ) AS changed_since,
    suggestion.suggestion_id,
    suggestion.confidence,
    suggestion.target_name,
    suggestion.body AS suggestion_body
FROM devices AS device
LEFT JOIN device_matches AS device_match USING (tenant_id, device_id)
LEFT JOIN suggestions AS suggestion USING (tenant_id, device_id);

-- A device with what a page of them shows beside it: its configuration, and its newest decision.
CREATE VIEW device_details AS
SELECT
    device_rows.*,
    configuration.name AS configuration_name,
    configuration.psa_sync,
    decision.decision_id,
    decision.command AS decision_command,
    decision.status AS decision_status,
    decision.reason AS decision_reason,
    decision.message AS decision_message,
    decision.candidates AS decision_candidates,
    decision.at AS decision_at
FROM device_rows
LEFT JOIN configurations AS configuration ON configuration.configuration_id = device_rows.configuration_id
LEFT JOIN LATERAL (
    SELECT decisions.*
    FROM decisions
    WHERE decisions.tenant_id = device_rows.tenant_id AND decisions.device_id = device_rows.device_id
    ORDER BY decisions.at DESC
    LIMIT 1
) AS decision ON true;
