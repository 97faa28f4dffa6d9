// Turns gathered changes into refreshed queries. Only what is on screen is fetched again.
import type { QueryClient } from "@tanstack/react-query";

import { removePending } from "../decisions/pending";
import type { Changes } from "./collector";

export async function refresh(client: QueryClient, changes: Changes): Promise<void> {
  const keys = changes.everything ? [[]] : staleKeys(changes);
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
  // Only now do the rows show the outcome, so only now may they stop saying that a decision is under way.
  if (changes.settled.size > 0) removePending(changes.settled);
}

/** The keys of all queries whose answer these changes touch. */
export function staleKeys(changes: Changes): readonly (readonly string[])[] {
  const keys: string[][] = [];
  // A tenant of which many devices changed at once is told of as a whole.
  for (const tenant of changes.tenants)
    keys.push(["tenant", tenant], ["sync-runs", tenant], ["connection-test", tenant], ["devices", tenant]);
  for (const [tenant, devices] of changes.devices) {
    if (!changes.tenants.has(tenant)) keys.push(["devices", tenant], ["tenant", tenant]);
    for (const device of devices) keys.push(["device", tenant, device]);
  }
  if (changes.tenants.size > 0 || changes.devices.size > 0) keys.push(["tenants"], ["configurations"]);
  if (changes.summary || keys.length > 0) keys.push(["summary"]);
  for (const bulk of changes.bulks) keys.push(["bulk", bulk]);
  for (const id of changes.imports) keys.push(["import", id]);
  if (changes.imports.size > 0) keys.push(["organizations"], ["configurations"]);
  return keys;
}
