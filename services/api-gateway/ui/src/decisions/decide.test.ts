import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ChangeCollector, type Changes } from "../live/collector";
import { deviceRow, suggestion } from "../testing";
import { acceptMatch, type Command } from "./commands";

const answers: { status: number; body: unknown }[] = [];
const asked: { url: string; body: unknown }[] = [];

// The client keeps the fetch it finds when it is made, so this one stands before anything is imported.
vi.stubGlobal("fetch", async (request: Request) => {
  const text = await request.text();
  asked.push({ url: request.url, body: text === "" ? null : JSON.parse(text) });
  const answer = answers.shift();
  if (!answer) throw new TypeError("network");
  return Response.json(answer.body, { status: answer.status });
});
vi.stubGlobal("location", { href: "http://page.test/" });
vi.stubGlobal(
  "Request",
  class extends Request {
    constructor(input: string, init?: RequestInit) {
      super(new URL(input, "http://page.test"), init);
    }
  },
);

const { Decider } = await import("./decide");
const { pendingDecisions, removePending } = await import("./pending");
const { startedBulks } = await import("./bulks");
const { toasts } = await import("../components/toasts");

const accept = acceptMatch(deviceRow({ suggestion: suggestion("suggested") })) as Command;
const flushed: Changes[] = [];
const collector = () =>
  new ChangeCollector(
    (changes) => {
      flushed.push(changes);
      removePending(changes.settled);
      return Promise.resolve();
    },
    (run) => run(),
  );

const sentId = () => [...pendingDecisions.get().values()][0]?.decisionId ?? "";

beforeEach(() => {
  vi.useFakeTimers();
  answers.length = asked.length = flushed.length = 0;
  pendingDecisions.set(new Map());
  startedBulks.set([]);
  toasts.set([]);
});
afterEach(() => vi.useRealTimers());

describe("one decision", () => {
  it("is pending from the moment it is sent until its outcome is on screen", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 202, body: { bulk_id: null, decision_ids: ["x"] } });
    const sending = decider.one({ command: accept, name: "LT-001" });
    expect(pendingDecisions.get().has("tenant-1/device-1"), "before the gateway answered").toBe(true);
    await sending;
    const id = sentId();
    expect(asked[0]?.body).toEqual({ decisions: [{ ...accept, decision_id: id }] });
    decider.outcome({ decision_id: id, status: "applied", reason: null, message: null });
    await vi.advanceTimersByTimeAsync(0);
    expect(pendingDecisions.get().size).toBe(0);
    expect(flushed[0]?.settled.has(id)).toBe(true);
  });

  it("says what was done, with a way back", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 202, body: { bulk_id: null, decision_ids: ["x"] } });
    await decider.one({ command: accept, name: "LT-001" });
    decider.outcome({ decision_id: sentId(), status: "applied", reason: null, message: null });
    expect(toasts.get().map(({ text }) => text)).toEqual(["LT-001 is matched."]);
    answers.push({ status: 202, body: { bulk_id: null, decision_ids: ["y"] } });
    toasts.get()[0]?.action?.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)?.body).toMatchObject({ decisions: [{ command: "RevertMatch", device_id: "device-1" }] });
  });

  it("tells why it was rejected", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 202, body: { bulk_id: null, decision_ids: ["x"] } });
    await decider.one({ command: accept, name: "LT-001" });
    decider.outcome({ decision_id: sentId(), status: "rejected", reason: "configuration_taken", message: "Taken." });
    expect(toasts.get()).toMatchObject([{ tone: "warning", text: "LT-001: Taken." }]);
  });

  it("is not pending when the gateway could not take it, and can be tried again", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 503, body: { title: "Away", detail: "The broker does not answer." } });
    await decider.one({ command: accept, name: "LT-001" });
    expect(pendingDecisions.get().size).toBe(0);
    expect(toasts.get()).toMatchObject([
      { text: "Nothing was decided. The broker does not answer.", action: { label: "Try again" } },
    ]);
  });

  it("is asked for when the stream does not tell its outcome", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 202, body: { bulk_id: null, decision_ids: ["x"] } });
    await decider.one({ command: accept, name: "LT-001" });
    answers.push({ status: 200, body: { status: "applied", reason: null, message: null } });
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.at(-1)?.url).toContain("wait=20");
    expect(pendingDecisions.get().size).toBe(0);
  });
});

describe("many decisions", () => {
  it("go in as many requests as it takes, each a bulk action of its own", async () => {
    const decider = new Decider(collector());
    const named = Array.from({ length: 501 + 2 }, (_, at) => ({
      command: { command: "RevertMatch", tenant_id: "t", device_id: `d${at}` } as const,
      name: `LT-${at}`,
    }));
    answers.push({ status: 202, body: { bulk_id: "b1", decision_ids: [] } });
    answers.push({ status: 202, body: { bulk_id: "b2", decision_ids: [] } });
    await decider.many("revert", "t", named);
    expect(startedBulks.get().map(({ bulkId, count }) => [bulkId, count])).toEqual([
      ["b1", 500],
      ["b2", 3],
    ]);
    expect(pendingDecisions.get().size).toBe(503);
    expect([...pendingDecisions.get().values()].at(-1)?.bulkId).toBe("b2");
  });

  it("say nothing row by row", async () => {
    const decider = new Decider(collector());
    const named = ["d1", "d2"].map((id) => ({
      command: { command: "RevertMatch", tenant_id: "t", device_id: id } as const,
      name: id,
    }));
    answers.push({ status: 202, body: { bulk_id: "b", decision_ids: [] } });
    await decider.many("revert", "t", named);
    decider.outcome({ decision_id: sentId(), status: "applied", reason: null, message: null });
    expect(toasts.get()).toEqual([]);
  });
});

describe("everything a filter selects", () => {
  it("is one request with what was unchecked", async () => {
    const decider = new Decider(collector());
    answers.push({ status: 202, body: { bulk_id: "b", count: 9_998 } });
    const filter = { status: "unmatched", suggestion: "any", search: "lt" } as const;
    await decider.all({ action: "accept", tenantId: "t", filter, except: ["d1"] });
    expect(asked[0]?.body).toEqual({ action: "accept", tenant_id: "t", filter, except: ["d1"] });
    expect(startedBulks.get()).toEqual([{ bulkId: "b", action: "accept", tenantId: "t", count: 9_998 }]);
  });
});
