// The shapes the page speaks of, by the names it uses; they come from the gateway's OpenAPI document.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Role = Me["role"];
export type Summary = Schemas["Summary"];
export type TenantRow = Schemas["TenantRow"];
export type TenantDetail = Schemas["TenantDetail"];
export type DeviceRow = Schemas["DeviceRow"];
export type DeviceDetail = Schemas["DeviceDetail"];
export type DeviceSuggestion = Schemas["DeviceSuggestion"];
export type Candidate = Schemas["Candidate"];
export type FieldEvidence = Schemas["FieldEvidence"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type BulkProgress = Schemas["BulkProgress"];
export type ImportAccepted = Schemas["ImportAccepted"];
export type ImportProgress = Schemas["ImportProgress"];
export type SyncRun = Schemas["SyncRun"];
export type ConnectionTest = Schemas["ConnectionTestView"];

export type DeviceCounts = Schemas["DeviceCounts"];
export type TenantSuggestion = Schemas["TenantSuggestion"];
export type Configuration = Schemas["ConfigurationRow"];
export type Command = Schemas["DecisionsRequest"]["decisions"][number];
export type BulkRequestBody = Schemas["BulkRequest"];
export type TenantSort = NonNullable<NonNullable<paths["/api/tenants"]["get"]["parameters"]["query"]>["sort"]>;
export type DeviceSort = NonNullable<
  NonNullable<paths["/api/tenants/{tenant_id}/devices"]["get"]["parameters"]["query"]>["sort"]
>;
export type Status = "unmatched" | "matched" | "ignored" | "all";
export type SuggestionFilter = "any" | "suggested" | "conflict" | "elsewhere" | "none" | "changed_since";
