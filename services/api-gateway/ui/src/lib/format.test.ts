import { describe, expect, it } from "vitest";

import { ago, bytes, eventLabel, fact, fieldLabel, modelName, percent, plural, span } from "./format";

describe("percent", () => {
  it.each([
    [1, "100%"],
    [0.997, "99%"],
    [0.5, "50%"],
    [0.001, "1%"],
    [0, "0%"],
  ])("writes %d as %s, never a certainty that there isn't", (share, words) => {
    expect(percent(share)).toBe(words);
  });
});

describe("ago", () => {
  const now = Date.parse("2024-03-10T12:00:00Z");
  it.each([
    ["2024-03-10T11:59:30Z", "just now"],
    ["2024-03-10T12:00:30Z", "just now"],
    ["2024-03-10T11:59:00Z", "1 min ago"],
    ["2024-03-10T11:00:01Z", "59 min ago"],
    ["2024-03-10T11:00:00Z", "1 h ago"],
    ["2024-03-09T12:00:00Z", "1 d ago"],
    ["2021-03-10T12:00:00Z", "1,096 d ago"],
  ])("%s is %s", (iso, words) => {
    expect(ago(iso, now)).toBe(words);
  });
});

describe("span", () => {
  it.each([
    [60, "1 minute"],
    [900, "15 minutes"],
    [3600, "1 hour"],
    [5400, "90 minutes"],
    [86_400, "1 day"],
    [61, "61 seconds"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_500, "1.5 kB"],
    [511_101_108_224, "511 GB"],
    [2_000_000_000_000_000, "2000 TB"],
  ])("%d is %s", (value, words) => {
    expect(bytes(value)).toBe(words);
  });
});

describe("labels", () => {
  it("writes fields as people say them", () => {
    expect(fieldLabel("wifi_mac_address")).toBe("Wi-Fi MAC address");
    expect(fieldLabel("is_encrypted")).toBe("Encrypted");
    expect(fieldLabel("total_storage_bytes")).toBe("Total storage");
  });

  it("writes events as sentences begin", () => {
    expect(eventLabel("MatchCarriedOver")).toBe("Match carried over");
  });

  it("names a maker once", () => {
    expect(modelName("HP", "HP ProDesk 400 G7")).toBe("HP ProDesk 400 G7");
    expect(modelName("Dell Inc.", "Latitude 5440")).toBe("Dell Inc. Latitude 5440");
    expect([modelName(null, "Latitude"), modelName("Dell", null), modelName(null, null)]).toEqual([
      "Latitude",
      "Dell",
      "",
    ]);
  });

  it("counts with the right number", () => {
    expect([plural(1, "device"), plural(0, "device"), plural(2000, "device")]).toEqual([
      "1 device",
      "0 devices",
      "2,000 devices",
    ]);
  });
});

describe("fact", () => {
  it("leaves out what is not known", () => {
    expect([fact("model", null), fact("model", ""), fact("model", undefined)]).toEqual([null, null, null]);
  });

  it("writes values by their kind", () => {
    expect(fact("is_encrypted", false)).toBe("No");
    expect(fact("physical_memory_bytes", 16_000_000_000)).toBe("16 GB");
    expect(fact("os_version", "10.0.22631")).toBe("10.0.22631");
    expect(fact("enrolled_at", "2024-02-01T09:00:00Z")).toContain("Feb 2024");
  });
});
