SELECT decision_id, tenant_id, device_id, status, reason, message
FROM decisions
WHERE bulk_id = $1
ORDER BY status = 'rejected' DESC, status = 'pending' DESC, decision_id
LIMIT $2
