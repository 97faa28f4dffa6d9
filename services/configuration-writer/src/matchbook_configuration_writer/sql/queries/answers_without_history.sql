SELECT decision_id FROM decisions LEFT JOIN history USING (event_id) WHERE history.event_id IS NULL ORDER BY decision_id
