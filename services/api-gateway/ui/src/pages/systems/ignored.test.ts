import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";

import { SYSTEMS_DEFAULT } from "../../lib/routes";
import { deviceRow } from "../../testing";
import { Ignored } from "./cells";
import { ChangedSince } from "./panel";
import { SuggestionSelect } from "./suggestion-filter";

const same = deviceRow({ status: "ignored", ignored_reason: "Kiosk" });
const changed = deviceRow({ ...same, changed_since: true });

describe("an ignored device", () => {
  it("says in the list that its suggestion changed since", () => {
    expect(renderToStaticMarkup(createElement(Ignored, { row: changed }))).toContain("Changed since");
    expect(renderToStaticMarkup(createElement(Ignored, { row: same }))).not.toContain("Changed since");
  });

  it("says so in its details", () => {
    expect(renderToStaticMarkup(createElement(ChangedSince, { row: changed }))).toContain("changed since");
    expect(renderToStaticMarkup(createElement(ChangedSince, { row: same }))).toBe("");
  });

  it("is found by that in Ignored only", () => {
    const offered = (status: "unmatched" | "matched" | "ignored" | "all") =>
      renderToStaticMarkup(
        createElement(SuggestionSelect, {
          filter: { ...SYSTEMS_DEFAULT, status },
          counts: undefined,
          onChange: vi.fn(),
        }),
      );
    expect(offered("ignored")).toContain("Changed since");
    expect(offered("unmatched")).not.toContain("Changed since");
    expect(offered("matched")).toBe("");
    expect(offered("all")).toBe("");
  });
});
