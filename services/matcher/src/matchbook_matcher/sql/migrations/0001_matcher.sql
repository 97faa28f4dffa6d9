-- What the matcher keeps of the topics it reads: the fields it compares, and what people decided.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    revision integer NOT NULL,
    display_name text NOT NULL,
    domains text[] NOT NULL,
    lost boolean NOT NULL
);

-- MAC addresses in normal form; serial_key is the serial number's normal form where it can identify a machine.
-- last_sync is in seconds since 1970, 0 when unknown.
CREATE TABLE devices (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision integer NOT NULL,
    live boolean NOT NULL,
    name text,
    serial text,
    serial_key text,
    wifi text,
    ethernet text,
    model text,
    last_sync double precision NOT NULL,
    PRIMARY KEY (tenant_id, device_id)
);
CREATE INDEX devices_serial ON devices (serial_key) WHERE live AND serial_key IS NOT NULL;

CREATE TABLE organizations (
    organization_id text PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    aliases text[] NOT NULL,
    domains text[] NOT NULL,
    archived boolean NOT NULL
);

CREATE TABLE configurations (
    configuration_id text PRIMARY KEY,
    organization_id text NOT NULL,
    version integer NOT NULL,
    archived boolean NOT NULL,
    name text NOT NULL,
    hostname text,
    serial text,
    serial_key text,
    scanned text,
    macs text[] NOT NULL,
    model text
);
CREATE INDEX configurations_organization ON configurations (organization_id);
CREATE INDEX configurations_serial ON configurations (serial_key) WHERE NOT archived AND serial_key IS NOT NULL;

-- reverted: fingerprint (or null) by the id of the target that was undone.
CREATE TABLE tenant_matches (
    tenant_id text PRIMARY KEY,
    version integer NOT NULL,
    status text NOT NULL,
    organization_id text,
    reverted jsonb
);
CREATE INDEX tenant_matches_organization ON tenant_matches (organization_id) WHERE status = 'matched';

CREATE TABLE device_matches (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    configuration_id text,
    reverted jsonb,
    PRIMARY KEY (tenant_id, device_id)
);
CREATE INDEX device_matches_configuration ON device_matches (configuration_id) WHERE status = 'matched';

-- Serial numbers on devices of so many tenants that they identify nothing.
CREATE TABLE common_serials (
    serial_key text PRIMARY KEY
);

-- What has to be evaluated again. Only inserted and deleted, so that consumers and evaluators never wait for each other.
CREATE TABLE marks (
    mark bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('tenant', 'organization', 'configuration', 'renamed', 'directory')),
    subject text NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);

-- Serial numbers whose documentation changed, with the organization of it: devices elsewhere may bear them.
CREATE TABLE changed_serials (
    mark bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_ids text[] NOT NULL,
    serial_keys text[] NOT NULL
);

-- How often a tenant's devices were evaluated with a change, and up to which evaluation the changes are on the topic.
CREATE TABLE tenant_work (
    tenant_id text PRIMARY KEY,
    evaluation bigint NOT NULL DEFAULT 0,
    published bigint NOT NULL DEFAULT 0,
    evaluated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX tenant_work_unpublished ON tenant_work (tenant_id) WHERE published < evaluation;

-- The same for the suggestions for tenants, which are evaluated all at once: the row with the empty name.
CREATE TABLE directory_work (
    name text PRIMARY KEY CHECK (name = ''),
    evaluation bigint NOT NULL DEFAULT 0,
    published bigint NOT NULL DEFAULT 0,
    evaluated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO directory_work (name) VALUES ('');

-- What was published last for each subject. content is a digest of the suggestion, or the reason of a withdrawal.
CREATE TABLE device_suggestions (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision integer NOT NULL,
    evaluation bigint NOT NULL,
    live boolean NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, device_id)
);

CREATE TABLE tenant_suggestions (
    tenant_id text PRIMARY KEY,
    revision integer NOT NULL,
    evaluation bigint NOT NULL,
    live boolean NOT NULL,
    content bytea NOT NULL
);
