-- Those read longest ago first.
SELECT
    device_id, revision, digest, last_sync_at, ethernet_mac_address, physical_memory_bytes, details_pending, absences, retired
FROM reads_by_id
JOIN devices USING (tenant_id, device_id)
WHERE tenant_id = $1 AND NOT matched AND read_at < $3 AND NOT retired
ORDER BY read_at, device_id
LIMIT $2
