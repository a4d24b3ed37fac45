import { describe, expect, it } from "vitest";
import { LessonTree } from "../src/lessonTree";
import type { CourseTree } from "../src/protocol";
import type { Server } from "../src/server";
import { tree } from "./trees";

function lessonTree(course: CourseTree | undefined): LessonTree {
  return lessonTreeOf(course === undefined ? [] : [course]);
}

function lessonTreeOf(trees: readonly CourseTree[]): LessonTree {
  return new LessonTree({ trees, onDidChange: () => undefined } as unknown as Server);
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
    expect(items.map((item) => item.description)).toEqual(["1/1", "0/2"]);
    expect(items.map((item) => item.collapsibleState)).toEqual([1, 2]);
  });

  it("leads from a step to its place", () => {
    const lessons = lessonTree(tree);
    const [, module] = lessons.getChildren();
    const steps = lessons.getChildren(module).map((node) => lessons.getTreeItem(node));
    expect(steps.map((item) => item.label)).toEqual(["Make", "Add"]);
    expect(steps[1]?.command?.arguments).toEqual(["tensor/add", "/c"]);
    expect(steps[0]?.contextValue).toBe("step.code");
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
});
