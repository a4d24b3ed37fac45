import * as fs from "node:fs";
import { describe, expect, it } from "vitest";
import { LessonTree } from "../src/lessonTree";
import type { CourseTree } from "../src/protocol";
import type { Server } from "../src/server";
import { tree } from "./trees";
import { EventEmitter } from "./vscode";

function lessonTree(course: CourseTree | undefined): LessonTree {
  return lessonTreeOf(course === undefined ? [] : [course]);
}

function lessonTreeOf(trees: readonly CourseTree[], hidesPassed = false): LessonTree {
  const server = { trees, onDidChange: () => undefined } as unknown as Server;
  const filter = { hidesPassed, onDidChange: () => ({ dispose: () => undefined }) };
  return new LessonTree(server, filter);
}

describe("the lesson tree", () => {
  it("is empty without a course, so that the welcome view shows", () => {
    expect(lessonTree(undefined).getChildren()).toEqual([]);
    expect(lessonTree({ ...tree, folder: null }).getChildren()).toEqual([]);
  });

  it("shows modules with counts, and opens the one that is next", () => {
    const lessons = lessonTree(tree);
    const items = lessons.getChildren().map((node) => lessons.getTreeItem(node));
    expect(items.map((item) => item.label)).toEqual(["00 Setup", "01 Tensors"]);
    expect(items.map((item) => item.description)).toEqual(["1/1", "0/2 ▱▱▱▱▱"]);
    expect(items.map((item) => item.collapsibleState)).toEqual([1, 2]);
  });

  it("leads from a step to its place", () => {
    const lessons = lessonTree(tree);
    const [, module] = lessons.getChildren();
    const steps = lessons.getChildren(module).map((node) => lessons.getTreeItem(node));
    expect(steps.map((item) => item.label)).toEqual(["Make", "Add"]);
    expect(steps[1]?.command?.arguments).toEqual(["tensor/add", "/c"]);
    expect(steps[0]?.contextValue).toBe("step.code.debugs");
  });

  it("offers no debugger where none stops", () => {
    const [module] = tree.modules.slice(1);
    if (module === undefined) throw new Error("the course has two modules");
    const steps = module.steps.map((step) => ({ ...step, debugs: false }));
    const lessons = lessonTree({ ...tree, modules: [{ ...module, steps }] });
    const [node] = lessons.getChildren(lessons.getChildren()[0]);
    expect(node && lessons.getTreeItem(node).contextValue).toBe("step.code");
  });

  it("leads from a step to the one that it waits for", () => {
    const [module] = tree.modules.slice(1);
    if (module === undefined) throw new Error("the course has two modules");
    const steps = module.steps.map((step) => ({ ...step, waitsFor: "setup/greet" }));
    const lessons = lessonTree({ ...tree, modules: [{ ...module, steps }] });
    const [node] = lessons.getChildren(lessons.getChildren()[0]);
    const kind = (node && lessons.getTreeItem(node).contextValue) ?? "";
    const menu = JSON.parse(fs.readFileSync("package.json", "utf8")) as {
      contributes: { menus: Record<string, { command: string; when: string }[]> };
    };
    const offered = menu.contributes.menus["view/item/context"]?.filter(({ when }) => {
      const pattern = /viewItem =~ \/(.*)\/$/.exec(when)?.[1];
      return pattern !== undefined && new RegExp(pattern).test(kind);
    });
    expect(offered?.map(({ command }) => command)).toEqual([
      "tinytorch.runStepHere",
      "tinytorch.debugStep",
      "tinytorch.goToAwaited",
      "tinytorch.explainStep",
      "tinytorch.hintHere",
      "tinytorch.solveHere",
      "tinytorch.resetHere",
    ]);
  });

  it("has a level of courses only where a window has several", () => {
    const other = { ...tree, folder: "/b" };
    const lessons = lessonTreeOf([tree, other]);
    const courses = lessons.getChildren();
    expect(courses.map((node) => lessons.getTreeItem(node).label)).toEqual(["b", "c"]);
    const [module] = lessons.getChildren(courses[0]);
    const [step] = lessons.getChildren(module);
    expect(step && lessons.getTreeItem(step).command?.arguments).toEqual(["setup/greet", "/b"]);
    const items = courses.flatMap((node) => lessons.getChildren(node));
    const ids = items.map((node) => lessons.getTreeItem(node).id);
    expect(new Set(ids).size).toBe(4);
  });

  it("tells done, begun and not begun apart, at a glance and to a screen reader", () => {
    const [done, begun] = tree.modules;
    if (done === undefined || begun === undefined) throw new Error("the course has two modules");
    const modules = [done, begun, { ...begun, id: "later", begun: false }];
    const lessons = lessonTree({ ...tree, modules });
    const items = lessons.getChildren().map((node) => lessons.getTreeItem(node));
    const icons = items.map(({ iconPath }) => (iconPath as { id: string }).id);
    expect(new Set(icons).size).toBe(3);
    expect(items.map(({ accessibilityInformation }) => accessibilityInformation?.label)).toEqual([
      "00 Setup, done, 1 of 1 steps pass",
      "01 Tensors, begun, 0 of 2 steps pass",
      "01 Tensors, not begun, 0 of 2 steps pass",
    ]);
  });

  it("hides what passes where that is wanted", () => {
    const [setup, tensor] = tree.modules;
    if (setup === undefined || tensor === undefined) throw new Error("the course has two modules");
    const [first, ...others] = tensor.steps;
    if (first === undefined) throw new Error("the module has steps");
    const half = {
      ...tensor,
      passed: 1,
      steps: [{ ...first, state: "passed" as const }, ...others],
    };
    const lessons = lessonTreeOf([{ ...tree, modules: [setup, half] }], true);
    const modules = lessons.getChildren();
    expect(modules.map((node) => lessons.getTreeItem(node).label)).toEqual(["01 Tensors"]);
    const steps = lessons.getChildren(modules[0]);
    expect(steps.map((node) => lessons.getTreeItem(node).label)).toEqual(["Add"]);
  });

  it("is drawn anew only where something differs, since a click on a new row is lost", () => {
    const changed = new EventEmitter<void>();
    const server = { trees: [tree], onDidChange: changed.event };
    const filter = { hidesPassed: false, onDidChange: () => ({ dispose: () => undefined }) };
    const lessons = new LessonTree(server as unknown as Server, filter);
    let drawn = 0;
    lessons.onDidChangeTreeData(() => drawn++);
    changed.fire();
    changed.fire();
    expect(drawn).toBe(1);
    server.trees = [{ ...tree, title: "Another" }];
    changed.fire();
    expect(drawn).toBe(2);
  });

  it("finds the row of a page, and the rows above it", () => {
    const lessons = lessonTree(tree);
    const row = lessons.nodeOf({ step: "tensor/add", folder: "/c" });
    const above = row && lessons.getParent(row);
    expect(row && lessons.getTreeItem(row).label).toBe("Add");
    expect(above && lessons.getTreeItem(above).label).toBe("01 Tensors");
    expect(above && lessons.getParent(above)).toBeUndefined();
    const module = lessons.nodeOf({ module: "setup" });
    expect(module && lessons.getTreeItem(module).label).toBe("00 Setup");
  });
});
