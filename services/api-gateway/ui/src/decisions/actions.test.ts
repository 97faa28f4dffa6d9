import { describe, expect, it } from "vitest";

import { deviceRow, suggestion, tenantRow } from "../testing";
import { deviceActions, tenantActions } from "./actions";

const labels = (row: ReturnType<typeof deviceRow>) => deviceActions(row, "Manager").map(({ label }) => label);
const refusal = (row: ReturnType<typeof deviceRow>, id: string, role: "Reader" | "Manager" = "Manager") =>
  deviceActions(row, role).find((action) => action.id === id)?.refusal;

describe("a device's actions", () => {
  it("are the original product's, by status", () => {
    expect(labels(deviceRow())).toEqual([
      "Accept Suggested Match",
      "Match To…",
      "Create Configuration…",
      "Ignore",
      "Ignore with a Reason…",
    ]);
    expect(labels(deviceRow({ status: "matched" }))).toEqual(["Revert Match", "Change Match", "Ignore"]);
    expect(labels(deviceRow({ status: "ignored" }))).toContain("Revert to Unmatched");
  });

  it("accept only what is suggested, and say why not otherwise", () => {
    expect(refusal(deviceRow({ suggestion: suggestion("suggested") }), "accept")).toBeNull();
    expect(refusal(deviceRow({ suggestion: suggestion("conflict") }), "accept")).toContain("Choose one");
    expect(refusal(deviceRow({ suggestion: suggestion("elsewhere") }), "accept")).toContain("another organization");
    expect(refusal(deviceRow(), "accept")).toBe("There is no suggested match.");
  });

  it("are all refused to a Reader, with the reason", () => {
    const row = deviceRow({ suggestion: suggestion("suggested") });
    expect(deviceActions(row, "Reader").every((action) => action.refusal?.includes("Reader"))).toBe(true);
    expect(refusal(row, "accept", "Manager")).toBeNull();
  });

  it("wait while a decision is under way", () => {
    const row = deviceRow({
      suggestion: suggestion("suggested"),
      pending: { decision_id: "d", command: "AcceptMatch" },
    });
    expect(refusal(row, "ignore")).toBe("A decision is under way.");
  });

  it("are refused for enrolments that are no longer current", () => {
    expect(refusal(deviceRow({ status: "superseded" }), "ignore")).toContain("newer enrolment");
    expect(refusal(deviceRow({ status: "retired" }), "ignore")).toContain("gone from Intune");
  });
});

describe("a tenant's actions", () => {
  it("offer Change and Revert once it is matched", () => {
    const row = tenantRow({ status: "matched" });
    expect(tenantActions(row, "Manager", false).map(({ label }) => label)).toEqual(["Change Match…", "Revert Match"]);
  });

  it("accept only a single suggestion", () => {
    const conflict = tenantRow({
      suggestion: { suggestion_id: "s", status: "conflict", candidate: null, runners_up: [] },
    });
    const accept = tenantActions(conflict, "Administrator", false).find(({ id }) => id === "accept");
    expect(accept?.refusal).toContain("no single");
  });
});
