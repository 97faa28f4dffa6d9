import { describe, expect, it } from "vitest";

import { checkedCount, everything, headerState, isChecked, nothing, setChecked } from "./selection";

const row = (id: string): [string, { id: string }] => [id, { id }];

describe("some rows checked", () => {
  it("checks and unchecks", () => {
    const two = setChecked(nothing<{ id: string }>(), [row("a"), row("b")], true);
    const one = setChecked(two, [row("a")], false);
    expect([isChecked(one, "a"), isChecked(one, "b"), checkedCount(one, 10)]).toEqual([false, true, 1]);
    expect(isChecked(two, "a"), "the earlier selection is left as it was").toBe(true);
  });

  it("shows in the header whether none, some or all are", () => {
    const none = nothing<{ id: string }>();
    const one = setChecked(none, [row("a")], true);
    expect([headerState(none, 2), headerState(one, 2), headerState(one, 1)]).toEqual(["none", "some", "all"]);
  });
});

describe("everything a filter selects", () => {
  it("counts rows that were never loaded", () => {
    expect(checkedCount(everything(), 10_000)).toBe(10_000);
  });

  it("leaves out the rows that were unchecked, until they are checked again", () => {
    const but = setChecked(everything<{ id: string }>(), [row("a"), row("b")], false);
    const again = setChecked(but, [row("b")], true);
    expect([isChecked(again, "a"), isChecked(again, "b"), isChecked(again, "never seen")]).toEqual([false, true, true]);
    expect([checkedCount(again, 100), headerState(again, 100)]).toEqual([99, "some"]);
  });

  it("is nothing when the list has emptied", () => {
    expect(headerState(everything(), 0)).toBe("none");
  });
});
