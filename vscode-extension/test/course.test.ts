import { describe, expect, it } from "vitest";
import { findStep, iconOf, moduleOf, stepAt, totals } from "../src/course";
import { step, tree } from "./trees";

describe("the course tree", () => {
  it("finds steps and their modules by id", () => {
    expect(findStep(tree, "tensor/add")?.title).toBe("Add");
    expect(findStep(tree, "tensor/none")).toBeUndefined();
    expect(moduleOf(tree, "tensor/add")?.id).toBe("tensor");
  });

  it("counts passed steps over all modules", () => {
    expect(totals(tree)).toEqual({ passed: 1, total: 3 });
  });

  it("takes the step that begins nearest above a line", () => {
    expect(stepAt(tree, "file:///c/tensor.py", 25)?.id).toBe("tensor/add");
    expect(stepAt(tree, "file:///c/tensor.py", 12)?.id).toBe("tensor/create");
    expect(stepAt(tree, "file:///c/tensor.py", 2)).toBeUndefined();
    expect(stepAt(tree, "file:///c/other.py", 25)).toBeUndefined();
  });

  it("shows each state with its own icon", () => {
    const icons = (["todo", "failing", "passed", "blocked"] as const).map(
      (state) => iconOf(step("x", state)).id,
    );
    expect(new Set(icons).size).toBe(4);
    expect(iconOf({ ...step("x", "failing"), running: true }).id).toBe("sync~spin");
  });
});
