UPDATE devices SET
    revision = read.revision,
    last_sync_at = coalesce(read.last_sync_at, devices.last_sync_at),
    ethernet_mac_address = read.ethernet_mac_address,
    physical_memory_bytes = read.physical_memory_bytes,
    details_pending = false
FROM unnest($2::text[], $3::integer[], $4::timestamptz[], $5::text[], $6::bigint[])
    AS read (device_id, revision, last_sync_at, ethernet_mac_address, physical_memory_bytes)
WHERE tenant_id = $1 AND devices.device_id = read.device_id
