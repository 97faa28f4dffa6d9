// The page's addresses. Filters live in the query string, so that a link shows what its sender saw.
import type { DeviceSort, Status, SuggestionFilter, TenantSort } from "../api/types";

export interface SystemsFilter {
  readonly status: Status;
  readonly suggestion: SuggestionFilter;
  readonly search: string;
  readonly sort: DeviceSort;
}

export interface TenantsFilter {
  readonly status: Status;
  readonly search: string;
  readonly sort: TenantSort;
}

const STATUSES: readonly Status[] = ["unmatched", "matched", "ignored", "all"];
const SUGGESTIONS: readonly SuggestionFilter[] = ["any", "suggested", "conflict", "elsewhere", "none", "changed_since"];
const TENANT_SORTS: readonly TenantSort[] = [
  "display_name",
  "-display_name",
  "devices_unmatched",
  "-devices_unmatched",
  "last_sync",
  "-last_sync",
];
const DEVICE_SORTS: readonly DeviceSort[] = [
  "device_name",
  "-device_name",
  "serial_number",
  "-serial_number",
  "confidence",
  "-confidence",
  "last_sync_at",
  "-last_sync_at",
];

function oneOf<T extends string>(values: readonly T[], value: string | null, fallback: T): T {
  return values.find((known) => known === value) ?? fallback;
}

export const TENANTS_DEFAULT: TenantsFilter = { status: "all", search: "", sort: "display_name" };
export const SYSTEMS_DEFAULT: SystemsFilter = {
  status: "unmatched",
  suggestion: "any",
  search: "",
  sort: "device_name",
};

export function tenantsFilter(query: string): TenantsFilter {
  const values = new URLSearchParams(query);
  return {
    status: oneOf(STATUSES, values.get("status"), TENANTS_DEFAULT.status),
    search: values.get("search") ?? "",
    sort: oneOf(TENANT_SORTS, values.get("sort"), TENANTS_DEFAULT.sort),
  };
}

export function systemsFilter(query: string): SystemsFilter {
  const values = new URLSearchParams(query);
  return {
    status: oneOf(STATUSES, values.get("status"), SYSTEMS_DEFAULT.status),
    suggestion: oneOf(SUGGESTIONS, values.get("suggestion"), SYSTEMS_DEFAULT.suggestion),
    search: values.get("search") ?? "",
    sort: oneOf(DEVICE_SORTS, values.get("sort"), SYSTEMS_DEFAULT.sort),
  };
}

/** The query string of a filter, without what is at its default; "" or "?…". */
export function queryOf<T extends object>(filter: T, fallback: T): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(filter) as [keyof T & string, string][]) {
    if (value !== fallback[name]) values.set(name, value);
  }
  const query = values.toString();
  return query === "" ? "" : `?${query}`;
}

export function systemsAddress(tenantId: string): string {
  return `/tenants/${encodeURIComponent(tenantId)}`;
}

/** The other direction of a sort, or a new one: "name" → "-name" → "name"; what the list can't do changes nothing. */
export function nextTenantSort(current: TenantSort, key: string): TenantSort {
  return oneOf(TENANT_SORTS, current === key ? `-${key}` : key, current);
}

export function nextDeviceSort(current: DeviceSort, key: string): DeviceSort {
  return oneOf(DEVICE_SORTS, current === key ? `-${key}` : key, current);
}
