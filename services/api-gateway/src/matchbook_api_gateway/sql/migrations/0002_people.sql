-- Signed-in browsers. What a cookie holds is stored only as a keyed hash, so a copy of this table opens no session.
CREATE TABLE sessions (
    id_hash bytea PRIMARY KEY,
    person_id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Sign-ins on their way to Microsoft and back; each is used once.
CREATE TABLE sign_ins (
    browser_hash bytea PRIMARY KEY,
    flow jsonb NOT NULL,
    destination text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The organizations a person is limited to; someone without a row here sees all.
CREATE TABLE scopes (
    person_id text NOT NULL,
    organization_id text NOT NULL,
    PRIMARY KEY (person_id, organization_id)
);
