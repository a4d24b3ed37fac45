import { describe, expect, it } from "vitest";
import { entry } from "../src/output";

describe("the output of the student's code", () => {
  it("says when, of which step, and how it ended", () => {
    const printed = {
      folder: "/c",
      step: "tensor/add",
      title: "Add",
      label: "Passed",
      output: "x\ny\n\n",
    };
    const when = new Date(2026, 0, 2, 13, 4, 5);
    expect(entry(printed, when)).toBe("[13:04:05] Add — Passed\nx\ny\n\n");
  });
});
