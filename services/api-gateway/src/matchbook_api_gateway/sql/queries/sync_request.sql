SELECT
    request_id, tenant_id, actor_id, at, message,
    CASE WHEN answer IS NULL THEN 'pending' WHEN answer = 'SyncRequestRefused' THEN 'refused' ELSE 'done' END AS status
FROM sync_requests
WHERE request_id = $1
