import { describe, expect, it } from "vitest";

import { nextDeviceSort, queryOf, SYSTEMS_DEFAULT, systemsFilter, TENANTS_DEFAULT, tenantsFilter } from "./routes";

describe("filters in the address", () => {
  it("leaves out what is at its default", () => {
    expect(queryOf(SYSTEMS_DEFAULT, SYSTEMS_DEFAULT)).toBe("");
    expect(queryOf({ ...TENANTS_DEFAULT, status: "ignored" as const }, TENANTS_DEFAULT)).toBe("?status=ignored");
  });

  it("comes back as it was written", () => {
    const filter = { status: "all", suggestion: "conflict", search: "LT & 7?", sort: "-confidence" } as const;
    expect(systemsFilter(queryOf(filter, SYSTEMS_DEFAULT))).toEqual(filter);
    const changed = { ...filter, status: "ignored", suggestion: "changed_since" } as const;
    expect(systemsFilter(queryOf(changed, SYSTEMS_DEFAULT))).toEqual(changed);
  });

  it("takes the default for what an address makes up", () => {
    expect(systemsFilter("?status=nonsense&suggestion=x&sort=;drop")).toEqual(SYSTEMS_DEFAULT);
    expect(tenantsFilter("?sort=device_name")).toEqual(TENANTS_DEFAULT);
  });
});

describe("sorting", () => {
  it("turns round on the second choice and starts ascending on another column", () => {
    expect(nextDeviceSort("device_name", "device_name")).toBe("-device_name");
    expect(nextDeviceSort("-device_name", "device_name")).toBe("device_name");
    expect(nextDeviceSort("-device_name", "confidence")).toBe("confidence");
  });

  it("keeps to what the gateway can sort by", () => {
    expect(nextDeviceSort("device_name", "colour")).toBe("device_name");
  });
});
