SELECT * FROM decisions WHERE import_id = $1 AND status = 'rejected' ORDER BY at, decision_id LIMIT $2
