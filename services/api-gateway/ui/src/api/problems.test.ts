import { describe, expect, it } from "vitest";

import { asProblem, Problem, remedy, toProblem } from "./problems";

describe("toProblem", () => {
  it("keeps title, detail and the places in a file", () => {
    const problem = toProblem(422, {
      title: "The file has errors",
      detail: "Nothing was imported.",
      errors: [{ row: 14, column: "installed_at", message: "no date" }, "not an error", null],
    });
    expect(problem.sentence).toBe("Nothing was imported.");
    expect(problem.errors).toEqual([{ row: 14, column: "installed_at", message: "no date" }]);
  });

  it("has a sentence for an answer without a body", () => {
    expect(toProblem(503, undefined).sentence).toBe("Matchbook can't take this right now");
    expect(toProblem(502, "<html>").sentence).toBe("The gateway answered 502");
  });
});

describe("asProblem", () => {
  it("takes a failed fetch for a gateway that can't be reached", () => {
    expect(asProblem(new TypeError("Failed to fetch")).status).toBe(0);
    const problem = new Problem(404, "Gone");
    expect(asProblem(problem)).toBe(problem);
  });

  it("always has a remedy", () => {
    expect([0, 401, 503, 418].map((status) => remedy(status).length > 0)).toEqual([true, true, true, true]);
  });
});
