SELECT tenant_id, device_id
FROM device_matches
WHERE status = 'ignored' AND state ->> 'ignored_until' IS NOT NULL
    AND (state ->> 'ignored_until')::timestamptz <= $1
UNION ALL
SELECT tenant_id, NULL
FROM tenant_matches
WHERE status = 'ignored' AND state ->> 'ignored_until' IS NOT NULL
    AND (state ->> 'ignored_until')::timestamptz <= $1
ORDER BY tenant_id, device_id
LIMIT $2
