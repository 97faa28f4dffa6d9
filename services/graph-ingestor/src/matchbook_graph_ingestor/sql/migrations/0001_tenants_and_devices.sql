-- What the account as a whole is set to, and when its customer lists are read next. NULL means: as configured.
CREATE TABLE account (
    the_only_row boolean PRIMARY KEY DEFAULT true CHECK (the_only_row),
    device_sync boolean,
    interval_seconds integer CHECK (interval_seconds > 0),
    customers_due_at timestamptz NOT NULL DEFAULT 'epoch',
    customers_failures integer NOT NULL DEFAULT 0,
    requested_by jsonb
);
INSERT INTO account DEFAULT VALUES;

-- What an administrator set for one tenant, who may not have been discovered yet. NULL means: as the account.
CREATE TABLE tenant_settings (
    tenant_id text PRIMARY KEY,
    device_sync boolean,
    interval_seconds integer CHECK (interval_seconds > 0)
);

-- listed_*: from the partner's lists. display_name and the domains: from the tenant's own record.
-- announced: type and body of the last event, whose revision is `revision`.
-- braked_runs: the latest sweeps in a row that the retirement brake stopped, oldest first.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    revision integer NOT NULL DEFAULT 0,
    announced_type text,
    announced jsonb,
    listed boolean NOT NULL DEFAULT true,
    listed_name text,
    listed_domain text,
    has_relationship boolean NOT NULL DEFAULT false,
    relationship_ends_at timestamptz,
    absences integer NOT NULL DEFAULT 0,
    display_name text,
    default_domain text,
    verified_domains text[] NOT NULL DEFAULT '{}',
    lost_reason text,
    lost_detail text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL DEFAULT 'epoch',
    failures integer NOT NULL DEFAULT 0,
    requested_by jsonb,
    braked_runs text[] NOT NULL DEFAULT '{}',
    confirmed_absences integer
);

-- One row per enrolment that was published. digest: of the listed facts without the last sync. details_pending: a read by id
-- is still to come. absences: complete sweeps in a row without it.
CREATE TABLE devices (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    revision integer NOT NULL,
    digest bytea NOT NULL,
    last_sync_at timestamptz,
    ethernet_mac_address text,
    physical_memory_bytes bigint,
    details_pending boolean NOT NULL,
    absences smallint NOT NULL DEFAULT 0,
    retired boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, device_id)
) WITH (fillfactor = 90);

-- Sweeps that began and have not ended. One that is still here when the next begins was interrupted.
CREATE TABLE open_sweeps (
    tenant_id text NOT NULL,
    scope text NOT NULL,
    run_id text NOT NULL,
    started_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, scope)
);
