// Rows for tests, whole, so that a test says only what it is about.
import type { DeviceRow, TenantRow } from "./api/types";

export function deviceRow(parts: Partial<DeviceRow> = {}): DeviceRow {
  return {
    tenant_id: "tenant-1",
    device_id: "device-1",
    device_name: "LT-001",
    serial_number: "5GK2GDJ",
    mac_addresses: [],
    manufacturer: "Dell",
    model: "Latitude",
    operating_system: "Windows",
    os_version: "11",
    user_principal_name: null,
    last_sync_at: null,
    status: "unmatched",
    orphaned: false,
    configuration: null,
    suggestion: null,
    pending: null,
    rejection: null,
    ignored_reason: null,
    ignored_until: null,
    changed_since: false,
    version: 1,
    ...parts,
  };
}

export function suggestion(status: "suggested" | "conflict" | "elsewhere" | "superseded"): DeviceRow["suggestion"] {
  return {
    suggestion_id: `suggestion-${status}`,
    status,
    confidence: 0.99,
    rule: "serial_number",
    target_id: "configuration-1",
    target_name: "LT-001",
    candidates: status === "conflict" ? 2 : 1,
    superseded_by: null,
    elsewhere: null,
  };
}

export function tenantRow(parts: Partial<TenantRow> = {}): TenantRow {
  return {
    tenant_id: "tenant-1",
    display_name: "Contoso",
    default_domain: null,
    verified_domains: [],
    relationship: "partner",
    access: "ok",
    access_reason: null,
    access_detail: null,
    status: "unmatched",
    organization: null,
    devices_total: 0,
    devices_matched: 0,
    devices_ignored: 0,
    devices_unmatched: 0,
    suggestion: null,
    sync_intune_devices: true,
    sync_override: null,
    last_sync: null,
    ignored_reason: null,
    ignored_until: null,
    pending: null,
    rejection: null,
    version: 1,
    ...parts,
  };
}
