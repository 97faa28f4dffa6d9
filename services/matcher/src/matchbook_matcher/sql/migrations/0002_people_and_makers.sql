-- Whose machine it is (a line for each way in which they are named), what it runs or is, and who made it. Rows that are
-- there already get theirs with the subject's next change, or with a rebuild; until then these fields say nothing.
ALTER TABLE devices ADD COLUMN people text, ADD COLUMN system text, ADD COLUMN maker text;
ALTER TABLE configurations ADD COLUMN people text, ADD COLUMN type text, ADD COLUMN maker text;
