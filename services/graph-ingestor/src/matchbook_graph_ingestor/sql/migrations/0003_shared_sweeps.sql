-- Sweeps are queued by the process that leads, and taken by any. owner: who has it, NULL while it waits for somebody.
-- started_at: NULL until it was told to have started. moved_at: when it last came further.
ALTER TABLE open_sweeps ALTER COLUMN started_at DROP NOT NULL;
ALTER TABLE open_sweeps
    ADD COLUMN owner text,
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN moved_at timestamptz NOT NULL DEFAULT 'epoch';

-- How far the sweeps of tenants with more than one page are: what each page held, where the next one is, and the run's
-- counts so far. The rows go with the sweep.
CREATE TABLE sweep_pages (
    tenant_id text NOT NULL,
    run_id text NOT NULL,
    page integer NOT NULL,
    device_ids text[] NOT NULL,
    next_link text NOT NULL,
    counts jsonb NOT NULL,
    PRIMARY KEY (tenant_id, run_id, page)
);

-- Reads by id look for their next devices again and again, among a million that need none.
CREATE INDEX devices_pending ON devices (tenant_id) WHERE details_pending AND NOT retired;

-- fresh_at: when the latest complete sweep of the tenant's devices began.
ALTER TABLE tenants ADD COLUMN fresh_at timestamptz;
