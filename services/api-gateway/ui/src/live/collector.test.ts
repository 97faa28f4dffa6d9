import { describe, expect, it } from "vitest";

import { ChangeCollector, type Changes } from "./collector";
import { staleKeys } from "./refresh";

function harness() {
  const flushes: Changes[] = [];
  const waiting: (() => void)[] = [];
  const ends: (() => void)[] = [];
  const collector = new ChangeCollector(
    (changes) => {
      flushes.push(changes);
      return new Promise((resolve) => ends.push(resolve));
    },
    (run) => waiting.push(run),
  );
  const settle = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { collector, flushes, waiting, settle };
}

describe("ChangeCollector", () => {
  it("makes one refresh of a burst", () => {
    const { collector, flushes, waiting } = harness();
    collector.device("t", "d1");
    collector.device("t", "d2");
    collector.add(({ tenants }) => tenants.add("t"));
    expect(waiting.length).toBe(1);
    waiting.shift()?.();
    expect(flushes.length).toBe(1);
    expect([...(flushes[0]?.devices.get("t") ?? [])]).toEqual(["d1", "d2"]);
  });

  it("keeps what comes during a refresh for the next one", async () => {
    const { collector, flushes, waiting, settle } = harness();
    collector.device("t", "d1");
    waiting.shift()?.();
    collector.device("t", "d2");
    expect(waiting.length, "no second refresh beside the first").toBe(0);
    await settle();
    waiting.shift()?.();
    expect([...(flushes[1]?.devices.get("t") ?? [])]).toEqual(["d2"]);
  });

  it("rests when nothing came", async () => {
    const { collector, waiting, settle } = harness();
    collector.add((gathering) => (gathering.summary = true));
    waiting.shift()?.();
    await settle();
    expect(waiting.length).toBe(0);
  });
});

describe("staleKeys", () => {
  const none: Changes = {
    everything: false,
    summary: false,
    tenants: new Set(),
    devices: new Map(),
    bulks: new Set(),
    imports: new Set(),
    settled: new Set(),
  };

  it("touches the lists of the tenant whose devices changed, and no other's", () => {
    const keys = staleKeys({ ...none, devices: new Map([["t", new Set(["d"])]]) });
    expect(keys).toContainEqual(["devices", "t"]);
    expect(keys).toContainEqual(["device", "t", "d"]);
    expect(keys).toContainEqual(["tenants"]);
    expect(keys).not.toContainEqual(["devices"]);
  });

  it("reads a tenant's devices again when the tenant is told of as a whole", () => {
    expect(staleKeys({ ...none, tenants: new Set(["t"]) })).toContainEqual(["devices", "t"]);
  });

  it("reads the test of a tenant's connection again, whoever asked for it", () => {
    expect(staleKeys({ ...none, tenants: new Set(["t"]) })).toContainEqual(["connection-test", "t"]);
  });

  it("touches nothing when nothing changed", () => {
    expect(staleKeys(none)).toEqual([]);
  });
});
