// Requests to the ingestor: what they answer is only that they are on their way; the stream tells what they did.
import { say } from "../components/toasts";
import { api, body } from "./client";
import { asProblem } from "./problems";

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
