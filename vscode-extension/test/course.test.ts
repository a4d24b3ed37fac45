import { describe, expect, it } from "vitest";
import {
  argumentsOf,
  courseOf,
  findStep,
  iconOf,
  moduleOf,
  nextStep,
  paramsFrom,
  totals,
} from "../src/course";
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

  it("goes on behind the page that is worked on, and from the end around", () => {
    expect(nextStep(tree, { step: "tensor/create" })).toBe("tensor/add");
    expect(nextStep(tree, { step: "tensor/add" })).toBe("tensor/create");
    expect(nextStep(tree, { step: "setup/greet" })).toBe("tensor/create");
    expect(nextStep(tree, { module: "tensor" })).toBe("tensor/create");
    expect(nextStep({ ...tree, next: "setup/greet" }, {})).toBe("setup/greet");
    expect(nextStep({ ...tree, modules: [], next: null }, { step: "tensor/add" })).toBeNull();
  });

  it("tells the courses of a window apart by their folders", () => {
    const other = { ...tree, folder: "/b", modules: [] };
    expect(courseOf([other, tree], "/c")).toBe(tree);
    expect(courseOf([other, tree], undefined)).toBe(other);
    expect(argumentsOf({ step: "tensor/add" })).toEqual(["tensor/add"]);
    for (const given of [["tensor/add"], ["tensor/add", "/c"]]) {
      expect(argumentsOf(paramsFrom(given))).toEqual(given);
    }
  });

  it("shows each state with its own icon", () => {
    const icons = (["todo", "failing", "passed", "blocked", "not run"] as const).map(
      (state) => iconOf(step("x", state)).id,
    );
    expect(new Set(icons).size).toBe(5);
    expect(iconOf({ ...step("x", "failing"), running: true }).id).toBe("sync~spin");
  });
});
