-- The gateway's read model. Each table is fed by one kind of record and guarded by that record's own revision or version,
-- so topics may arrive in any order and any record again. What a row of a list shows is joined when it is read.
-- `body` is a record's value as it came: JSON in UTF-8. Names to sort by are lower case and compared byte by byte, so that
-- a cursor means the same on every machine.

CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    revision integer NOT NULL,
    display_name text NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    -- Names and domains in lower case.
    search text COLLATE "C" NOT NULL,
    -- The newest TenantDiscovered; null when only the loss of the tenant is known.
    body bytea,
    lost_reason text,
    lost_detail text,
    sync_devices boolean NOT NULL
);

CREATE TABLE devices (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision integer NOT NULL,
    retired boolean NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    sort_serial text COLLATE "C" NOT NULL,
    sort_user text COLLATE "C" NOT NULL,
    last_sync_at timestamptz,
    -- Everything a search may find, in lower case: names, serial number, user, MAC addresses without punctuation.
    search text COLLATE "C" NOT NULL,
    -- The newest DeviceDiscovered; null when only the retirement is known.
    body bytea,
    PRIMARY KEY (tenant_id, device_id)
);
-- Compressing costs more time than the space is worth; most bodies fit a page anyway.
ALTER TABLE devices ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE suggestions (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision integer NOT NULL,
    -- Null: withdrawn.
    status text,
    suggestion_id text,
    confidence real,
    -- The candidate's name in lower case, for the search.
    target_name text COLLATE "C",
    body bytea NOT NULL,
    PRIMARY KEY (tenant_id, device_id)
);
ALTER TABLE suggestions ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE tenant_suggestions (
    tenant_id text PRIMARY KEY,
    revision integer NOT NULL,
    status text,
    body bytea NOT NULL
);

CREATE TABLE device_matches (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    configuration_id text,
    orphaned boolean NOT NULL,
    superseded boolean NOT NULL,
    ignored_reason text,
    ignored_until timestamptz,
    PRIMARY KEY (tenant_id, device_id)
);
CREATE INDEX device_matches_configuration ON device_matches (configuration_id) WHERE configuration_id IS NOT NULL;

CREATE TABLE tenant_matches (
    tenant_id text PRIMARY KEY,
    version integer NOT NULL,
    status text NOT NULL,
    organization_id text,
    ignored_reason text,
    ignored_until timestamptz
);
CREATE INDEX tenant_matches_organization ON tenant_matches (organization_id) WHERE status = 'matched';

CREATE TABLE organizations (
    organization_id text PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    archived boolean NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX organizations_name ON organizations (sort_name, organization_id);

CREATE TABLE configurations (
    configuration_id text PRIMARY KEY,
    organization_id text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    psa_sync text NOT NULL,
    archived boolean NOT NULL,
    search text COLLATE "C" NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE configurations ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX configurations_organization ON configurations (organization_id, sort_name, configuration_id);

CREATE TABLE sync_runs (
    run_id text NOT NULL,
    tenant_id text NOT NULL,
    scope text NOT NULL,
    status text NOT NULL,
    started_at timestamptz,
    at timestamptz NOT NULL,
    counts jsonb NOT NULL,
    reason text,
    message text,
    PRIMARY KEY (run_id, tenant_id, scope)
);
CREATE INDEX sync_runs_newest ON sync_runs (tenant_id, scope, at DESC);
CREATE INDEX sync_runs_at ON sync_runs (at DESC);

-- The newest SetDeviceSync of each tenant, and of the account's default under '*'.
CREATE TABLE device_sync_settings (
    tenant_id text PRIMARY KEY,
    enabled boolean,
    requested_at timestamptz NOT NULL
);

-- Every decision this gateway sent, and the outcome of every decision, whoever sent it. What the sender knows and what the
-- outcome says are different columns, so either may be written first.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    command text,
    actor_id text,
    tenant_id text,
    device_id text,
    organization_id text,
    bulk_id text,
    import_id text,
    status text NOT NULL DEFAULT 'pending',
    reason text,
    message text,
    candidates text[] NOT NULL DEFAULT '{}',
    events text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX decisions_subject ON decisions (tenant_id, device_id, at DESC) WHERE tenant_id IS NOT NULL;
CREATE INDEX decisions_bulk ON decisions (bulk_id) WHERE bulk_id IS NOT NULL;
CREATE INDEX decisions_import ON decisions (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE bulks (
    bulk_id text PRIMARY KEY,
    action text NOT NULL,
    total integer NOT NULL,
    actor_id text NOT NULL,
    tenant_id text,
    at timestamptz NOT NULL
);

CREATE TABLE imports (
    import_id text PRIMARY KEY,
    subject text NOT NULL,
    chunks integer NOT NULL,
    rows integer,
    actor_id text,
    at timestamptz NOT NULL
);

CREATE TABLE import_chunks (
    import_id text NOT NULL,
    chunk integer NOT NULL,
    created integer NOT NULL,
    updated integer NOT NULL,
    unchanged integer NOT NULL,
    rejected integer NOT NULL,
    results jsonb NOT NULL,
    PRIMARY KEY (import_id, chunk)
);

-- Who did what, when and why, for ever: one row per event. `entry` is what the API shows of it; `configuration_id` is set
-- on the events of devices, which are a part of their configuration's history too.
CREATE TABLE history (
    aggregate text NOT NULL,
    at timestamptz NOT NULL,
    event_id text NOT NULL,
    configuration_id text,
    entry bytea NOT NULL,
    PRIMARY KEY (aggregate, at, event_id)
);
CREATE INDEX history_configuration ON history (configuration_id, at) WHERE configuration_id IS NOT NULL;

-- Devices per tenant by status, counted again by one process whenever `stale` says that something changed.
CREATE TABLE tenant_counts (
    tenant_id text PRIMARY KEY,
    stale boolean NOT NULL,
    total integer NOT NULL DEFAULT 0,
    matched integer NOT NULL DEFAULT 0,
    ignored integer NOT NULL DEFAULT 0,
    unmatched integer NOT NULL DEFAULT 0,
    superseded integer NOT NULL DEFAULT 0,
    retired integer NOT NULL DEFAULT 0,
    suggested integer NOT NULL DEFAULT 0,
    conflict integer NOT NULL DEFAULT 0,
    elsewhere integer NOT NULL DEFAULT 0
);
CREATE INDEX tenant_counts_stale ON tenant_counts (tenant_id) WHERE stale;

-- What each batch changed, for the live streams of all replicas; kept for minutes.
CREATE TABLE changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    document jsonb NOT NULL
);

-- Every device as lists and filters see it.
CREATE VIEW device_rows AS
SELECT
    device.tenant_id,
    device.device_id,
    device.sort_name,
    device.sort_serial,
    device.sort_user,
    device.last_sync_at,
    device.search,
    device.body,
    coalesce(device_match.version, 0) AS version,
    device_match.configuration_id,
    coalesce(device_match.orphaned, false) AS orphaned,
    device_match.ignored_reason,
    device_match.ignored_until,
    CASE
        WHEN device.retired THEN 'retired'
        WHEN device_match.status IN ('matched', 'ignored') THEN device_match.status
        WHEN device_match.superseded OR suggestion.status = 'superseded' THEN 'superseded'
        ELSE 'unmatched'
    END AS status,
    -- A retired or matched device has nothing to be suggested, even before the withdrawal has arrived.
    CASE WHEN NOT device.retired AND device_match.status IS DISTINCT FROM 'matched' THEN suggestion.status END AS suggestion,
    suggestion.suggestion_id,
    suggestion.confidence,
    suggestion.target_name,
    suggestion.body AS suggestion_body
FROM devices AS device
LEFT JOIN device_matches AS device_match USING (tenant_id, device_id)
LEFT JOIN suggestions AS suggestion USING (tenant_id, device_id);

-- Every tenant as lists and filters see it.
CREATE VIEW tenant_rows AS
SELECT
    tenant.tenant_id,
    tenant.display_name,
    tenant.sort_name,
    tenant.search,
    tenant.body,
    tenant.lost_reason,
    tenant.lost_detail,
    coalesce(tenant_match.version, 0) AS version,
    coalesce(tenant_match.status, 'unmatched') AS status,
    CASE WHEN tenant_match.status = 'matched' THEN tenant_match.organization_id END AS organization_id,
    organization.name AS organization_name,
    organization.sort_name AS organization_sort_name,
    tenant_match.ignored_reason,
    tenant_match.ignored_until,
    CASE WHEN tenant_match.status IS DISTINCT FROM 'matched' THEN suggestion.status END AS suggestion,
    suggestion.body AS suggestion_body,
    coalesce(own_setting.enabled, default_setting.enabled, tenant.sync_devices) AS sync_devices,
    own_setting.enabled AS sync_override,
    coalesce(counts.total, 0) AS total,
    coalesce(counts.matched, 0) AS matched,
    coalesce(counts.ignored, 0) AS ignored,
    coalesce(counts.unmatched, 0) AS unmatched,
    coalesce(counts.superseded, 0) AS superseded,
    coalesce(counts.retired, 0) AS retired,
    coalesce(counts.suggested, 0) AS suggested,
    coalesce(counts.conflict, 0) AS conflict,
    coalesce(counts.elsewhere, 0) AS elsewhere,
    run.status AS sync_status,
    run.at AS sync_at,
    run.message AS sync_message,
    decision.decision_id,
    decision.command AS decision_command,
    decision.status AS decision_status,
    decision.reason AS decision_reason,
    decision.message AS decision_message,
    decision.candidates AS decision_candidates,
    decision.at AS decision_at
FROM tenants AS tenant
LEFT JOIN tenant_matches AS tenant_match USING (tenant_id)
LEFT JOIN organizations AS organization
    ON organization.organization_id = tenant_match.organization_id AND tenant_match.status = 'matched'
LEFT JOIN tenant_suggestions AS suggestion USING (tenant_id)
LEFT JOIN tenant_counts AS counts USING (tenant_id)
LEFT JOIN device_sync_settings AS own_setting USING (tenant_id)
LEFT JOIN device_sync_settings AS default_setting ON default_setting.tenant_id = '*'
LEFT JOIN LATERAL (
    SELECT sync_runs.status, sync_runs.at, sync_runs.message
    FROM sync_runs
    WHERE sync_runs.tenant_id = tenant.tenant_id AND sync_runs.scope = 'devices'
    ORDER BY sync_runs.at DESC
    LIMIT 1
) AS run ON true
LEFT JOIN LATERAL (
    SELECT decisions.*
    FROM decisions
    WHERE decisions.tenant_id = tenant.tenant_id AND decisions.device_id IS NULL
    ORDER BY decisions.at DESC
    LIMIT 1
) AS decision ON true;

-- A device with what a page of them shows beside it: its configuration, and its newest decision.
CREATE VIEW device_details AS
SELECT
    device_rows.*,
    configuration.name AS configuration_name,
    configuration.psa_sync,
    decision.decision_id,
    decision.command AS decision_command,
    decision.status AS decision_status,
    decision.reason AS decision_reason,
    decision.message AS decision_message,
    decision.candidates AS decision_candidates,
    decision.at AS decision_at
FROM device_rows
LEFT JOIN configurations AS configuration ON configuration.configuration_id = device_rows.configuration_id
LEFT JOIN LATERAL (
    SELECT decisions.*
    FROM decisions
    WHERE decisions.tenant_id = device_rows.tenant_id AND decisions.device_id = device_rows.device_id
    ORDER BY decisions.at DESC
    LIMIT 1
) AS decision ON true;

-- The device that holds a configuration.
CREATE VIEW configuration_holders AS
SELECT
    device_matches.configuration_id,
    device_matches.tenant_id,
    device_matches.device_id,
    convert_from(devices.body, 'UTF8')::jsonb #>> '{facts,device_name}' AS device_name
FROM device_matches
LEFT JOIN devices USING (tenant_id, device_id)
WHERE device_matches.status = 'matched' AND device_matches.configuration_id IS NOT NULL;
