-- Who evaluated an organization last, and so keeps it in memory if anybody does: a process, by a name of its own.
ALTER TABLE organization_work ADD COLUMN keeper text;
