// What a role may do, and the sentence that says why not.
import type { Role } from "../api/types";

export function decideRefusal(role: Role): string | null {
  return role === "Reader" ? "You are signed in as a Reader. Managers and Administrators decide matches." : null;
}

export function administerRefusal(role: Role): string | null {
  return role === "Administrator" ? null : `You are signed in as a ${role}. Only Administrators may do this.`;
}
