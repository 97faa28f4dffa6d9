-- Not `<> ALL`: in a plan that is kept for all tenants it compares every device with every other.
SELECT device_id, absences FROM devices
WHERE tenant_id = $1 AND NOT retired
    AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS seen (device_id) WHERE seen.device_id = devices.device_id)
