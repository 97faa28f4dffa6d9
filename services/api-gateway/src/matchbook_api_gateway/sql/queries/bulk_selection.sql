-- The devices an action on everything that a filter selects goes to: $1 tenant; $2, $3 search; $4 status, or null;
-- $5 suggestion, or null; $6 the statuses the action can start from; $7 only those with a suggested match; $8 left out.
-- What already has a decision on its way is left to it.
SELECT device_id, suggestion_id
FROM device_rows
LEFT JOIN configurations AS configuration USING (configuration_id)
WHERE tenant_id = $1
    AND (
        $2::text IS NULL
        OR strpos(device_rows.search, $2) > 0
        OR strpos(device_rows.search, $3::text) > 0
        OR strpos(configuration.sort_name, $2) > 0
        OR (suggestion = 'suggested' AND strpos(target_name, $2) > 0)
    )
    AND ($4::text IS NULL OR status = $4)
    AND ($5::text IS NULL OR coalesce(suggestion, 'none') = $5 OR ($5 = 'changed_since' AND changed_since))
    AND status = ANY($6::text[])
    AND (NOT $7::boolean OR suggestion = 'suggested')
    AND device_id <> ALL($8::text[])
    AND NOT EXISTS (
        SELECT FROM decisions
        WHERE decisions.tenant_id = device_rows.tenant_id
            AND decisions.device_id = device_rows.device_id
            AND decisions.status = 'pending'
    )
ORDER BY device_rows.sort_name, device_id
