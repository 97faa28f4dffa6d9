INSERT INTO changed_serials (organization_ids, serial_keys) VALUES ($1::text[], $2::text[])
