SELECT decision_id FROM decisions WHERE decision_id = ANY($1::text[]) AND actor_id <> $2
