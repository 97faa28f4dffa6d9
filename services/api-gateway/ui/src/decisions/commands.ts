// Decisions as the gateway takes them, built from the rows a person sees. Pure.
import type { Command as AnyCommand, DeviceRow, TenantRow } from "../api/types";

type Decided = Exclude<AnyCommand, { undone_decision_id: string }>;
export type DeviceCommand = Extract<Decided, { device_id: string }>;
export type TenantCommand = Exclude<Extract<Decided, { tenant_id: string }>, { device_id: string }>;
/** A decision about a device or a tenant: what a row offers. */
export type Command = DeviceCommand | TenantCommand;
export type BulkAction = "accept" | "create" | "ignore" | "revert";

export interface IgnoreDetails {
  reason?: string;
  until?: string;
}

type Device = Pick<DeviceRow, "tenant_id" | "device_id">;

function of(row: Device): { tenant_id: string; device_id: string } {
  return { tenant_id: row.tenant_id, device_id: row.device_id };
}

/** The suggestion a person can accept as it stands, if there is one. */
export function acceptable(row: Pick<DeviceRow, "suggestion">): string | null {
  return row.suggestion?.status === "suggested" ? row.suggestion.suggestion_id : null;
}

export function acceptMatch(row: DeviceRow): DeviceCommand | null {
  const suggestion = acceptable(row);
  return suggestion === null ? null : { command: "AcceptMatch", ...of(row), suggestion_id: suggestion };
}

/** Match to a chosen configuration; a matched device changes its match in one step. */
export function matchDevice(row: DeviceRow, configurationId: string): DeviceCommand {
  const command = row.status === "matched" ? "ChangeMatch" : "MatchTo";
  return { command, ...of(row), configuration_id: configurationId };
}

export function createConfiguration(
  row: Device,
  details: { name?: string; configuration_type?: string; confirmed?: boolean } = {},
): DeviceCommand {
  return { command: "CreateConfiguration", ...of(row), confirmed: false, ...details };
}

export function ignoreDevice(row: Device, details: IgnoreDetails = {}): DeviceCommand {
  return { command: "IgnoreDevice", ...of(row), ...details };
}

export function revertMatch(row: Device): DeviceCommand {
  return { command: "RevertMatch", ...of(row) };
}

export function acceptTenant(row: TenantRow): TenantCommand | null {
  const suggestion = row.suggestion;
  if (suggestion?.status !== "suggested") return null;
  return { command: "AcceptTenantMatch", tenant_id: row.tenant_id, suggestion_id: suggestion.suggestion_id };
}

export function matchTenant(row: TenantRow, organizationId: string): TenantCommand {
  const command = row.status === "matched" ? "ChangeTenantMatch" : "MatchTenantTo";
  return { command, tenant_id: row.tenant_id, organization_id: organizationId };
}

/** The command that takes another back, where one does. */
export function undoOf(command: Command): Command | null {
  switch (command.command) {
    case "AcceptMatch":
    case "MatchTo":
    case "IgnoreDevice":
      return revertMatch(command);
    case "AcceptTenantMatch":
    case "MatchTenantTo":
    case "IgnoreTenant":
      return { command: "RevertTenantMatch", tenant_id: command.tenant_id };
    default:
      return null;
  }
}

/** What a command's row is called everywhere: the key of its pending decision. */
export function subjectKey(tenantId: string, deviceId?: string | null): string {
  return deviceId ? `${tenantId}/${deviceId}` : tenantId;
}

export function subjectOf(command: Command): string {
  return subjectKey(command.tenant_id, "device_id" in command ? command.device_id : null);
}

/** One command for each checked row that the action can apply to. */
export function bulkCommands(action: BulkAction, rows: Iterable<DeviceRow>, details: IgnoreDetails): DeviceCommand[] {
  const commands: DeviceCommand[] = [];
  for (const row of rows) {
    const command = bulkCommand(action, row, details);
    if (command) commands.push(command);
  }
  return commands;
}

function bulkCommand(action: BulkAction, row: DeviceRow, details: IgnoreDetails): DeviceCommand | null {
  switch (action) {
    case "accept":
      return acceptMatch(row);
    case "create":
      return row.status === "matched" ? null : createConfiguration(row);
    case "ignore":
      return row.status === "ignored" ? null : ignoreDevice(row, details);
    case "revert":
      return row.status === "unmatched" ? null : revertMatch(row);
  }
}

/** Parts of at most `size`, as many as the gateway takes in one request. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

const UNDER_WAY: Record<Command["command"], string> = {
  AcceptMatch: "Accepting",
  MatchTo: "Matching",
  ChangeMatch: "Changing the match",
  CreateConfiguration: "Creating the configuration",
  IgnoreDevice: "Ignoring",
  RevertMatch: "Reverting",
  AcceptTenantMatch: "Accepting",
  MatchTenantTo: "Matching",
  ChangeTenantMatch: "Changing the match",
  CreateOrganization: "Creating the organization",
  IgnoreTenant: "Ignoring",
  RevertTenantMatch: "Reverting",
};

const DONE: Record<Command["command"], string> = {
  AcceptMatch: "matched",
  MatchTo: "matched",
  ChangeMatch: "matched to another configuration",
  CreateConfiguration: "documented as a new configuration, held from PSA sync",
  IgnoreDevice: "ignored",
  RevertMatch: "back in Unmatched",
  AcceptTenantMatch: "matched",
  MatchTenantTo: "matched",
  ChangeTenantMatch: "matched to another organization",
  CreateOrganization: "documented as a new organization",
  IgnoreTenant: "ignored",
  RevertTenantMatch: "back in Unmatched",
};

/** "Accepting…" */
export function underWay(command: string): string {
  return `${command in UNDER_WAY ? UNDER_WAY[command as Command["command"]] : "Deciding"}…`;
}

/** "LT-014 is matched." */
export function done(command: Command, name: string): string {
  return `${name} is ${DONE[command.command]}.`;
}
