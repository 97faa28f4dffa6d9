-- What was asked of the ingestor and what it answered, by request; `body` is the answer as it came, null while there is none.
CREATE TABLE sync_requests (
    request_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    actor_id text NOT NULL,
    at timestamptz NOT NULL,
    answer text,
    message text,
    body bytea
);
CREATE INDEX newest_connection_test ON sync_requests (tenant_id, at DESC) WHERE answer = 'ConnectionTested';
