SELECT body FROM sync_requests
WHERE tenant_id = $1 AND answer = 'ConnectionTested'
ORDER BY at DESC, request_id
LIMIT 1
