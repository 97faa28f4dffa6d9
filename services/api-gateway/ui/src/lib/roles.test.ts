import { describe, expect, it } from "vitest";

import { tenantRow } from "../testing";
import { removeRefusal } from "./roles";

describe("removeRefusal", () => {
  const manual = tenantRow({ relationship: "manual" });

  it("lets an Administrator remove what a person added, also before it was read", () => {
    expect(removeRefusal(manual, "Administrator")).toBeNull();
    expect(removeRefusal(tenantRow({ relationship: null }), "Administrator")).toBeNull();
  });

  it("lets nobody else", () => {
    expect(removeRefusal(manual, "Manager")).toContain("Only Administrators");
  });

  it("says what to do about the partner's customers, and that a removed tenant is removed", () => {
    expect(removeRefusal(tenantRow(), "Administrator")).toContain("Partner Center");
    expect(removeRefusal({ ...manual, access_reason: "removed" }, "Administrator")).toBe("It is removed already.");
  });
});
