-- What decides whether a device is read by its id once more. matched: it has its decision (matched or ignored); this may be known
-- before the device is. read_at: when it was last read by its id, NULL for one that was not, or is retired.
CREATE TABLE reads_by_id (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    matched boolean NOT NULL DEFAULT false,
    read_at timestamptz,
    PRIMARY KEY (tenant_id, device_id)
);
CREATE INDEX reads_by_id_unmatched ON reads_by_id (tenant_id, read_at) WHERE NOT matched;

-- Of what was read before nobody knows when.
INSERT INTO reads_by_id (tenant_id, device_id, read_at)
SELECT tenant_id, device_id, 'epoch' FROM devices
WHERE NOT details_pending AND NOT retired AND (ethernet_mac_address IS NOT NULL OR physical_memory_bytes IS NOT NULL);
