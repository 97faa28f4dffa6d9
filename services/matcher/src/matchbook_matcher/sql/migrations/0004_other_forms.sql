-- scanned is the other form of a serial number: without its bar code's prefix, or a UUID with its bytes in another order.
-- Devices that are there already get theirs with their next change, or with a rebuild.
ALTER TABLE devices ADD COLUMN scanned text;
CREATE INDEX devices_scanned ON devices (scanned) WHERE live AND scanned IS NOT NULL;
CREATE INDEX configurations_scanned ON configurations (scanned) WHERE NOT archived AND scanned IS NOT NULL;
