-- By which weights and lists an organization, or the tenants, were evaluated last, and when: what was done by others is
-- evaluated again. What is there already is evaluated again once.
ALTER TABLE organization_work
ADD COLUMN knowledge text NOT NULL DEFAULT '',
ADD COLUMN applied_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE directory_work
ADD COLUMN knowledge text NOT NULL DEFAULT '',
ADD COLUMN applied_at timestamptz NOT NULL DEFAULT clock_timestamp();
