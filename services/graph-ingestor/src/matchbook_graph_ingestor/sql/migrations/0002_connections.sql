-- manual: somebody added the tenant, and manual_name is what they called it.
ALTER TABLE tenants
    ADD COLUMN manual boolean NOT NULL DEFAULT false,
    ADD COLUMN manual_name text;

-- Commands that need an answer from Microsoft, in their order, until they are done.
CREATE TABLE connection_requests (
    request_id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL,
    body jsonb NOT NULL
);
