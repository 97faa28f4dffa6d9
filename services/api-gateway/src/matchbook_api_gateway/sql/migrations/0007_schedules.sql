-- How often a tenant, or the account (*), is swept, in seconds; null: as often as the account is, or as the ingestor is configured.
CREATE TABLE schedules (
    tenant_id text PRIMARY KEY,
    interval_seconds integer,
    requested_at timestamptz NOT NULL
);
