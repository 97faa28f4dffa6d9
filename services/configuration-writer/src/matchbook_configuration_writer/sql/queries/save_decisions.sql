INSERT INTO decisions (decision_id, command, subject, bulk_id, outcome, reason, event_id, decided_at, answered_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[])
