-- Marks of kind 'device' name the tenant as their subject and the device as its part.
ALTER TABLE marks ADD COLUMN part text NOT NULL DEFAULT '';
ALTER TABLE marks DROP CONSTRAINT marks_kind_check;
ALTER TABLE marks ADD CONSTRAINT marks_kind_check
CHECK (kind IN ('tenant', 'device', 'organization', 'configuration', 'renamed', 'directory'));

-- How often an organization was evaluated, by whichever process: who has kept it knows by this whether it is still right.
CREATE TABLE organization_work (
    organization_id text PRIMARY KEY,
    evaluation bigint NOT NULL DEFAULT 0
);
