// The bulk actions this page started and still shows.
import { Store } from "../lib/store";
import type { BulkAction } from "./commands";

export interface StartedBulk {
  readonly bulkId: string;
  readonly action: BulkAction;
  readonly tenantId: string;
  readonly count: number;
}

export const startedBulks = new Store<readonly StartedBulk[]>([]);

export function showBulk(bulk: StartedBulk): void {
  startedBulks.update((current) => [...current, bulk]);
}

export function hideBulk(bulkId: string): void {
  startedBulks.update((current) => current.filter((bulk) => bulk.bulkId !== bulkId));
}
