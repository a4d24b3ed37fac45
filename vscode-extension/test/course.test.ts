import { describe, expect, it } from "vitest";
import { argumentsOf, courseOf, findStep, iconOf, moduleOf, stepAt, totals } from "../src/course";
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
    const at = (uri: string, line: number) => stepAt([tree], uri, line)?.step;
    expect(at("file:///c/tensor.py", 25)).toBe("tensor/add");
    expect(at("file:///c/tensor.py", 12)).toBe("tensor/create");
    expect(at("file:///c/tensor.py", 2)).toBeUndefined();
    expect(at("file:///c/other.py", 25)).toBeUndefined();
  });

  it("tells the courses of a window apart by their folders", () => {
    const other = { ...tree, folder: "/b", modules: [] };
    expect(stepAt([other, tree], "file:///c/tensor.py", 25)).toEqual({
      step: "tensor/add",
      folder: "/c",
    });
    expect(courseOf([other, tree], "/c")).toBe(tree);
    expect(courseOf([other, tree], undefined)).toBe(other);
    expect(argumentsOf({ step: "tensor/add" })).toEqual(["tensor/add"]);
  });

  it("shows each state with its own icon", () => {
    const icons = (["todo", "failing", "passed", "blocked", "not run"] as const).map(
      (state) => iconOf(step("x", state)).id,
    );
    expect(new Set(icons).size).toBe(5);
    expect(iconOf({ ...step("x", "failing"), running: true }).id).toBe("sync~spin");
  });
});
