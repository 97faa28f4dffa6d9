-- How often the tenants were evaluated, with a change or without, by whichever process: who has kept the directory in
-- memory knows by this whether it is still right. Marks of kind 'directory' name 'tenant' or 'organization' as their
-- subject and its id as its part; without either they mean all of it.
ALTER TABLE directory_work ADD COLUMN turn bigint NOT NULL DEFAULT 0;
