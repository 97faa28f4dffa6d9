// Requests to the ingestor: what they answer is only that they are on their way; the stream tells what they did.
import { say } from "../components/toasts";
import { span } from "../lib/format";
import { api, body } from "./client";
import { asProblem, Problem } from "./problems";
import type { ConnectionTest } from "./types";

export const EVERY_TENANT = "*";

async function ask(pending: Promise<unknown>, done: string): Promise<void> {
  try {
    await pending;
    say({ tone: "quiet", text: done });
  } catch (error) {
    say({ tone: "warning", text: `Nothing was changed. ${asProblem(error).sentence}` });
  }
}

export function requestSync(tenantId: string, name: string): Promise<void> {
  return ask(body(api.POST("/api/sync", { body: { tenant_id: tenantId } })), `A sync of ${name} was asked for.`);
}

/** Set Sync Intune Devices; null returns the tenant to the account's default. */
export function setDeviceSync(tenantId: string, enabled: boolean | null): Promise<void> {
  const params = { path: { tenant_id: tenantId } };
  const done = enabled === null ? "follows the account's default" : enabled ? "is on" : "is off";
  return ask(
    body(api.POST("/api/tenants/{tenant_id}/device-sync", { params, body: { enabled } })),
    `Sync Intune Devices ${done}.`,
  );
}

/** Set how often a tenant is swept; null returns it to the account's default. */
export function setSchedule(tenantId: string, seconds: number | null): Promise<void> {
  const params = { path: { tenant_id: tenantId } };
  return ask(
    body(api.POST("/api/tenants/{tenant_id}/schedule", { params, body: { interval_seconds: seconds } })),
    seconds === null ? "It is synced as often as the account's default says." : `It is synced every ${span(seconds)}.`,
  );
}

/** Say that the devices which a sweep missed, so many that it was stopped, are really gone. */
export function confirmRetirements(tenantId: string, runId: string): Promise<void> {
  const params = { path: { tenant_id: tenantId } };
  return ask(
    body(api.POST("/api/tenants/{tenant_id}/retirements", { params, body: { run_id: runId } })),
    "Confirmed. The next sweep retires what is still absent.",
  );
}

const LONGEST_WAIT = 30;

/** Wait for what becomes of a request; raises `Problem`, also where it is refused or nobody answers. */
async function answered(pending: Promise<{ request_id: string }>): Promise<void> {
  const { request_id } = await pending;
  const asked = { path: { request_id }, query: { wait: LONGEST_WAIT } };
  const outcome = await body(api.GET("/api/sync-requests/{request_id}", { params: asked }));
  if (outcome.status !== "done")
    throw new Problem(0, outcome.message ?? `There was no answer within ${LONGEST_WAIT} seconds.`);
}

/** Have the connection to a tenant tested, and wait for what was found; raises `Problem`, also where nobody answers. */
export async function testConnection(tenantId: string): Promise<ConnectionTest> {
  const params = { path: { tenant_id: tenantId } };
  await answered(body(api.POST("/api/tenants/{tenant_id}/connection-test", { params })));
  return body(api.GET("/api/tenants/{tenant_id}/connection-test", { params }));
}

/** Look after a tenant that no list of the partner names, by its id or one of its domains; without a name, by its own. */
export function addTenant(tenant: string, name: string): Promise<void> {
  const asked = { tenant, ...(name ? { display_name: name } : {}) };
  return ask(
    answered(body(api.POST("/api/tenants", { body: asked }))),
    `${name || tenant} is added. It appears here after its first sync.`,
  );
}

/** Look after a tenant that was added by hand no longer. */
export function removeTenant(tenantId: string, name: string): Promise<void> {
  const params = { path: { tenant_id: tenantId } };
  return ask(answered(body(api.DELETE("/api/tenants/{tenant_id}", { params }))), `${name} is removed.`);
}
