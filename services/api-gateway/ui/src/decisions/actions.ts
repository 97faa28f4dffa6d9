// Which actions a row offers, by the original product's names, and why one is not to be had. Pure.
import type { DeviceRow, Role, TenantRow } from "../api/types";
import { decideRefusal } from "../lib/roles";

export type DeviceActionId = "accept" | "create" | "ignore" | "ignoreBecause" | "matchTo" | "revert" | "change";
export type TenantActionId = "accept" | "create" | "ignore" | "ignoreBecause" | "matchTo" | "revert" | "change";

export interface Action<Id extends string> {
  readonly id: Id;
  readonly label: string;
  readonly key?: string;
  /** Why it can't be done now; null when it can. */
  readonly refusal: string | null;
}

const NO_DEVICE_SUGGESTION: Record<string, string> = {
  conflict: "Several configurations fit alike. Choose one of them.",
  elsewhere: "The machine is documented under another organization.",
  superseded: "The machine was enrolled again; decide on its newer enrolment.",
};

function acceptRefusal(status: string | undefined): string | null {
  if (status === "suggested") return null;
  return NO_DEVICE_SUGGESTION[status ?? ""] ?? "There is no suggested match.";
}

/** The reason that stands against every action on a device, if there is one. */
export function deviceRefusal(row: DeviceRow, role: Role): string | null {
  if (row.status === "superseded") return "The machine was enrolled again; decide on its newer enrolment.";
  if (row.status === "retired") return "The device is gone from Intune.";
  if (row.pending) return "A decision is under way.";
  return decideRefusal(role);
}

export function deviceActions(row: DeviceRow, role: Role): readonly Action<DeviceActionId>[] {
  const refusal = deviceRefusal(row, role);
  if (row.status === "matched") {
    return [
      { id: "revert", label: "Revert Match", key: "r", refusal },
      { id: "change", label: "Change Match", key: "m", refusal },
      { id: "ignore", label: "Ignore", key: "i", refusal },
    ];
  }
  const open: Action<DeviceActionId>[] = [
    {
      id: "accept",
      label: "Accept Suggested Match",
      key: "a",
      refusal: refusal ?? acceptRefusal(row.suggestion?.status),
    },
    { id: "matchTo", label: "Match To…", key: "m", refusal },
    { id: "create", label: "Create Configuration…", key: "c", refusal },
  ];
  if (row.status === "ignored") return [...open, { id: "revert", label: "Revert to Unmatched", key: "r", refusal }];
  return [
    ...open,
    { id: "ignore", label: "Ignore", key: "i", refusal },
    { id: "ignoreBecause", label: "Ignore with a Reason…", refusal },
  ];
}

export function tenantActions(row: TenantRow, role: Role, pending: boolean): readonly Action<TenantActionId>[] {
  const refusal = pending ? "A decision is under way." : decideRefusal(role);
  if (row.status === "matched") {
    return [
      { id: "change", label: "Change Match…", key: "m", refusal },
      { id: "revert", label: "Revert Match", key: "r", refusal },
    ];
  }
  const suggested = row.suggestion?.status === "suggested";
  const open: Action<TenantActionId>[] = [
    {
      id: "accept",
      label: "Accept Suggested Match",
      key: "a",
      refusal: refusal ?? (suggested ? null : "There is no single suggested organization."),
    },
    { id: "matchTo", label: "Match To…", key: "m", refusal },
    { id: "create", label: "Create Organization…", key: "c", refusal },
  ];
  if (row.status === "ignored") return [...open, { id: "revert", label: "Revert to Unmatched", key: "r", refusal }];
  return [
    ...open,
    { id: "ignore", label: "Ignore", key: "i", refusal },
    { id: "ignoreBecause", label: "Ignore with a Reason…", refusal },
  ];
}
