SELECT * FROM decisions WHERE decision_id = $1
