-- Every event of every aggregate, for ever: who, when, what, why, before and after. Each row carries the hash of the row
-- before it, so that one that was edited, deleted or moved can be found. The order is the aggregate's own: one chain over
-- everything would let no two decisions be taken at once.
CREATE TABLE history (
    kind text NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    event_id text NOT NULL,
    event_type text NOT NULL,
    body bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (kind, subject, version)
);

CREATE UNIQUE INDEX history_event_id ON history (event_id);

-- The owner may take the right back, which is a deed of its own that leaves its trace; the trigger stands in the way of
-- superusers too.
REVOKE UPDATE, DELETE, TRUNCATE ON history FROM CURRENT_USER;

CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
