-- What a bulk action did is looked up to be undone.
CREATE INDEX decisions_bulk_id ON decisions (bulk_id) WHERE bulk_id IS NOT NULL;
CREATE INDEX device_matches_key ON device_matches ((tenant_id || '/' || device_id));

INSERT INTO guards (name) VALUES ('policies');
