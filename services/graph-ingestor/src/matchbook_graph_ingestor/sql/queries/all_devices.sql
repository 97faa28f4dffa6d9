SELECT
    device_id, revision, digest, last_sync_at, ethernet_mac_address, physical_memory_bytes, details_pending, absences, retired
FROM devices
WHERE tenant_id = $1
