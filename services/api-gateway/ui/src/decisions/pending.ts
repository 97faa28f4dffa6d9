// Decisions that were sent and whose outcome has not come back yet, by the subject they are about.
import { useSyncExternalStore } from "react";

import { Store } from "../lib/store";
import type { Command } from "./commands";

export interface Sent {
  readonly decisionId: string;
  readonly command: Command;
  /** What the row is called, for the message that tells the outcome. */
  readonly name: string;
  readonly bulkId: string | null;
}

export type PendingDecisions = ReadonlyMap<string, Sent>;

export const pendingDecisions = new Store<PendingDecisions>(new Map());

export function addPending(sent: readonly (readonly [subject: string, sent: Sent])[]): void {
  pendingDecisions.update((current) => new Map([...current, ...sent]));
}

/** Forget subjects whose pending decision is one of these; a newer decision of the same subject stays. */
export function removePending(decisionIds: ReadonlySet<string>): void {
  pendingDecisions.update((current) => {
    const left = [...current].filter(([, sent]) => !decisionIds.has(sent.decisionId));
    return left.length === current.size ? current : new Map(left);
  });
}

export function findPending(decisionId: string): Sent | undefined {
  for (const sent of pendingDecisions.get().values()) if (sent.decisionId === decisionId) return sent;
  return undefined;
}

/** Note which bulk action decisions became part of, unless their outcome came sooner. */
export function joinBulk(decisionIds: ReadonlySet<string>, bulkId: string): void {
  pendingDecisions.update((current) => {
    const next = new Map(current);
    for (const [subject, sent] of current) if (decisionIds.has(sent.decisionId)) next.set(subject, { ...sent, bulkId });
    return next;
  });
}

/** A bulk action is through: none of its decisions is pending any more. */
export function removeBulk(bulkId: string): void {
  pendingDecisions.update((current) => new Map([...current].filter(([, sent]) => sent.bulkId !== bulkId)));
}

/** The decision about a subject that is under way from this page, if there is one. */
export function usePending(subject: string): Sent | undefined {
  return useSyncExternalStore(pendingDecisions.subscribe, () => pendingDecisions.get().get(subject));
}
