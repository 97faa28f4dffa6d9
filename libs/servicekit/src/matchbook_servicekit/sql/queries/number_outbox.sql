-- The numbers of the next $1 rows, in order, and the schema whose outbox it is.
SELECT current_schema() AS schema, ARRAY(SELECT nextval('outbox_position_seq') FROM generate_series(1, $1)) AS positions
