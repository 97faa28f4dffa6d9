import { describe, expect, it } from "vitest";

import { deviceRow, suggestion, tenantRow } from "../testing";
import {
  acceptMatch,
  acceptTenant,
  bulkCommands,
  chunks,
  done,
  matchDevice,
  subjectOf,
  undoOf,
  underWay,
} from "./commands";

const suggested = deviceRow({ device_id: "suggested", suggestion: suggestion("suggested") });
const conflict = deviceRow({ device_id: "conflict", suggestion: suggestion("conflict") });
const matched = deviceRow({ device_id: "matched", status: "matched" });
const ignored = deviceRow({ device_id: "ignored", status: "ignored", suggestion: suggestion("suggested") });

describe("accepting", () => {
  it("names the suggestion that was shown", () => {
    expect(acceptMatch(suggested)).toEqual({
      command: "AcceptMatch",
      tenant_id: "tenant-1",
      device_id: "suggested",
      suggestion_id: "suggestion-suggested",
    });
  });

  it("is not possible for a conflict, nor without a suggestion", () => {
    expect([acceptMatch(conflict), acceptMatch(deviceRow()), acceptTenant(tenantRow())]).toEqual([null, null, null]);
  });
});

describe("matching to a chosen configuration", () => {
  it("changes the match of a matched device in one step", () => {
    expect(matchDevice(matched, "c").command).toBe("ChangeMatch");
    expect(matchDevice(conflict, "c").command).toBe("MatchTo");
    expect(matchDevice(ignored, "c").command).toBe("MatchTo");
  });
});

describe("bulk actions on checked rows", () => {
  const rows = [suggested, conflict, matched, ignored];
  const of = (action: "accept" | "create" | "ignore" | "revert") =>
    bulkCommands(action, rows, { reason: "spare" }).map((command) => command.device_id);

  it("leave out the rows they can't apply to", () => {
    expect(of("accept")).toEqual(["suggested", "ignored"]);
    expect(of("create")).toEqual(["suggested", "conflict", "ignored"]);
    expect(of("ignore")).toEqual(["suggested", "conflict", "matched"]);
    expect(of("revert")).toEqual(["matched", "ignored"]);
  });

  it("carry the reason", () => {
    expect(bulkCommands("ignore", [conflict], { reason: "spare" })).toEqual([
      { command: "IgnoreDevice", tenant_id: "tenant-1", device_id: "conflict", reason: "spare" },
    ]);
  });
});

describe("undo", () => {
  it("reverts what matched or ignored, and nothing else", () => {
    const accept = acceptMatch(suggested);
    expect(accept && undoOf(accept)).toEqual({ command: "RevertMatch", tenant_id: "tenant-1", device_id: "suggested" });
    expect(undoOf({ command: "RevertMatch", tenant_id: "t", device_id: "d" })).toBeNull();
    expect(undoOf({ command: "IgnoreTenant", tenant_id: "t" })).toEqual({
      command: "RevertTenantMatch",
      tenant_id: "t",
    });
  });
});

describe("words", () => {
  it("say what is under way, for commands of others too", () => {
    expect(underWay("AcceptMatch")).toBe("Accepting…");
    expect(underWay("SomethingNewer")).toBe("Deciding…");
  });

  it("say what was done, and to whom", () => {
    expect(done({ command: "IgnoreDevice", tenant_id: "t", device_id: "d" }, "LT-001")).toBe("LT-001 is ignored.");
    expect(subjectOf({ command: "IgnoreDevice", tenant_id: "t", device_id: "d" })).toBe("t/d");
    expect(subjectOf({ command: "IgnoreTenant", tenant_id: "t" })).toBe("t");
  });
});

describe("chunks", () => {
  it("are as large as allowed and lose nothing", () => {
    expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunks([], 2)).toEqual([]);
  });
});
