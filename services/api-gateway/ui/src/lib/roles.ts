// What a role may do, and the sentence that says why not.
import type { Role, TenantRow } from "../api/types";

export function decideRefusal(role: Role): string | null {
  return role === "Reader" ? "You are signed in as a Reader. Managers and Administrators decide matches." : null;
}

export function administerRefusal(role: Role): string | null {
  return role === "Administrator" ? null : `You are signed in as a ${role}. Only Administrators may do this.`;
}

/** Why a tenant can't be removed by hand: only what a person added can. */
export function removeRefusal(row: Pick<TenantRow, "relationship" | "access_reason">, role: Role): string | null {
  if (row.access_reason === "removed") return "It is removed already.";
  if (row.relationship === "partner")
    return "It is one of the partner's customers: end the relationship in Partner Center, or turn off Sync Intune Devices.";
  return administerRefusal(role);
}
