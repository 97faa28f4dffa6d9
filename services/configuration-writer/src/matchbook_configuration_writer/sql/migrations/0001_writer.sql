-- One row for each tenant, organization and organization name that a transaction has had to itself. A batch locks the
-- rows of its tenants first, then those of its organizations, each in the order of their names: no two batches that
-- touch the same tenant or organization run at once, and none waits in a circle. Unlike the rows they guard, these exist
-- before what they guard does.
CREATE TABLE guards (
    name text PRIMARY KEY
);

-- What is known of Microsoft and of the matcher's opinion: the newest revision of each record, as far as a decision
-- needs it.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    revision bigint NOT NULL,
    display_name text NOT NULL,
    verified_domains text[] NOT NULL,
    lost text
);

CREATE TABLE devices (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision bigint NOT NULL,
    retired boolean NOT NULL,
    device_name text,
    serial_number text,
    manufacturer text,
    model text,
    operating_system text,
    os_version text,
    wifi_mac_address text,
    ethernet_mac_address text,
    user_principal_name text,
    entra_device_id text,
    PRIMARY KEY (tenant_id, device_id)
);

-- device_id is '' for a tenant's own suggestion; suggestion_id is null once it was withdrawn.
CREATE TABLE suggestions (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision bigint NOT NULL,
    suggestion_id text,
    status text,
    target_id text,
    rule text,
    confidence double precision,
    fingerprints jsonb NOT NULL,
    superseded_by text,
    PRIMARY KEY (tenant_id, device_id)
);

CREATE INDEX suggestions_superseded_by ON suggestions (tenant_id, superseded_by) WHERE superseded_by IS NOT NULL;

-- What the writer owns. `state` is the aggregate's last published state; the columns beside it repeat what is looked up
-- or guarded.
CREATE TABLE organizations (
    organization_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 1),
    folded_name text NOT NULL,
    state jsonb NOT NULL
);

CREATE INDEX organizations_folded_name ON organizations (folded_name);

CREATE TABLE tenant_matches (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 1),
    status text NOT NULL,
    organization_id text REFERENCES organizations,
    state jsonb NOT NULL,
    CONSTRAINT matched_has_organization CHECK ((status = 'matched') = (organization_id IS NOT NULL))
);

CREATE TABLE configurations (
    configuration_id text PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations,
    version bigint NOT NULL CHECK (version >= 1),
    serial text,
    mac_addresses text[] NOT NULL,
    state jsonb NOT NULL
);

CREATE INDEX configurations_serial ON configurations (organization_id, serial) WHERE serial IS NOT NULL;
CREATE INDEX configurations_mac_addresses ON configurations USING gin (mac_addresses);

-- One configuration has at most one device: the constraint, not the code before it, makes it so. It is checked at the end
-- of the transaction, since a batch may take a configuration from one device and give it to another.
CREATE TABLE device_matches (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    status text NOT NULL,
    configuration_id text REFERENCES configurations,
    organization_id text,
    state jsonb NOT NULL,
    PRIMARY KEY (tenant_id, device_id),
    CONSTRAINT one_device_per_configuration UNIQUE (configuration_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT matched_has_configuration CHECK ((status = 'matched') = (configuration_id IS NOT NULL))
);

-- What became of each command. A command seen again finds its row and does nothing.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    command text NOT NULL,
    subject text NOT NULL,
    bulk_id text,
    outcome text NOT NULL CHECK (outcome IN ('applied', 'rejected')),
    reason text,
    event_id text NOT NULL,
    decided_at timestamptz NOT NULL,
    answered_at timestamptz NOT NULL,
    CONSTRAINT rejected_has_reason CHECK ((outcome = 'rejected') = (reason IS NOT NULL))
);

CREATE TABLE imports (
    import_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 1)
);
