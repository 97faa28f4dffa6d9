-- The ids of the configurations that a person let go of: no policy matches the device to them again.
ALTER TABLE device_matches ADD COLUMN reverted jsonb NOT NULL DEFAULT '[]';
