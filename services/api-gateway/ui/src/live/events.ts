// The gateway's live stream (server-sent events): what changed, and whether we hear of it.
import { Store } from "../lib/store";

export type Connection = "connecting" | "live" | "reconnecting" | "offline" | "signed-out";

export interface Outcome {
  readonly decision_id: string;
  readonly status: "applied" | "rejected";
  readonly reason: string | null;
  readonly message: string | null;
}

export interface LiveHandlers {
  /** The stream opened; `again` when it had been open before, so that something may have been missed. */
  opened(again: boolean): void;
  device(tenantId: string, deviceId: string): void;
  tenant(tenantId: string): void;
  decision(outcome: Outcome): void;
  bulk(bulkId: string): void;
  import(importId: string): void;
  summary(): void;
  /** The browser gave up on the stream: is it because the session has ended? */
  signedOut(): Promise<boolean>;
}

export const connection = new Store<Connection>("connecting");

const RETRY_MS = 2000;

type Data = Readonly<Record<string, unknown>>;

function read(event: MessageEvent<string>): Data {
  const data: unknown = JSON.parse(event.data);
  return typeof data === "object" && data !== null ? (data as Data) : {};
}

function text(data: Data, field: string): string {
  const value = data[field];
  return typeof value === "string" ? value : "";
}

function outcome(data: Data): Outcome | null {
  const status = text(data, "status");
  if (status !== "applied" && status !== "rejected") return null;
  return {
    decision_id: text(data, "decision_id"),
    status,
    reason: text(data, "reason") || null,
    message: text(data, "message") || null,
  };
}

/** Follow the stream until the returned function is called. */
export function follow(handlers: LiveHandlers): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;
  let stopped = false;

  const open = () => {
    source = new EventSource("/api/events");
    source.onopen = () => {
      connection.set("live");
      handlers.opened(wasOpen);
      wasOpen = true;
    };
    source.onerror = () => {
      connection.set(navigator.onLine ? "reconnecting" : "offline");
      if (source?.readyState === EventSource.CLOSED) void closed();
    };
    listen(source, handlers);
  };
  const closed = async () => {
    if (await handlers.signedOut()) connection.set("signed-out");
    if (!stopped) retry = setTimeout(open, RETRY_MS);
  };
  const offline = () => connection.set("offline");
  window.addEventListener("offline", offline);
  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    window.removeEventListener("offline", offline);
    source?.close();
  };
}

function listen(source: EventSource, handlers: LiveHandlers): void {
  const on = (name: string, handle: (data: Data) => void) =>
    source.addEventListener(name, (event: MessageEvent<string>) => handle(read(event)));
  on("device", (data) => handlers.device(text(data, "tenant_id"), text(data, "device_id")));
  on("tenant", (data) => handlers.tenant(text(data, "tenant_id")));
  on("bulk", (data) => handlers.bulk(text(data, "bulk_id")));
  on("import", (data) => handlers.import(text(data, "import_id")));
  on("summary", () => handlers.summary());
  on("decision", (data) => {
    const result = outcome(data);
    if (result) handlers.decision(result);
  });
}
