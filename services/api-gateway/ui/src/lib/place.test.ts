import { describe, expect, it } from "vitest";

import { keepPlace, movement, placeAt, TOP } from "./place";

const idOf = (id: string) => id;

describe("keepPlace", () => {
  const at = { index: 2, id: "c" };

  it("stays with its row when rows above it come or go", () => {
    expect(keepPlace(at, ["new", "a", "b", "c"], idOf)).toEqual({ index: 3, id: "c" });
    expect(keepPlace(at, ["b", "c", "d"], idOf)).toEqual({ index: 1, id: "c" });
  });

  it("stays at its height when its row leaves, so that the next row is the active one", () => {
    expect(keepPlace(at, ["a", "b", "d", "e"], idOf)).toEqual({ index: 2, id: "d" });
  });

  it("moves up when the last row leaves", () => {
    expect(keepPlace(at, ["a", "b"], idOf)).toEqual({ index: 1, id: "b" });
  });

  it("is the same object when nothing moved, so that nothing is drawn again", () => {
    expect(keepPlace(at, ["a", "b", "c"], idOf)).toBe(at);
  });

  it("is at the top of an empty list", () => {
    expect(keepPlace(at, [], idOf)).toBe(TOP);
  });
});

describe("placeAt", () => {
  it("keeps within the list", () => {
    expect(placeAt(Number.POSITIVE_INFINITY, ["a", "b"], idOf)).toEqual({ index: 1, id: "b" });
    expect(placeAt(-3, ["a", "b"], idOf)).toEqual({ index: 0, id: "a" });
  });
});

describe("movement", () => {
  it.each([
    ["j", 1],
    ["ArrowUp", -1],
    ["PageDown", 12],
    ["Home", Number.NEGATIVE_INFINITY],
    ["a", null],
  ])("%s moves %s", (key, step) => {
    expect(movement(key, 12)).toBe(step);
  });
});
