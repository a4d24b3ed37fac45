import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CourseTree, Result, StepNode } from "../src/protocol";
import type { Server } from "../src/server";
import { Testing } from "../src/testing";
import { step, tree } from "./trees";
import { EventEmitter, settings, TestRunRequest, tested } from "./vscode";

const place = { start: { line: 11, character: 4 }, end: { line: 11, character: 9 } };
const result: Result = {
  state: "failing",
  sign: "✗",
  label: "Failing",
  running: false,
  seconds: 10,
  headline: "greet is wrong",
  count: "",
  functions: [],
  inputs: [],
  call: "make()",
  got: "1",
  expected: "2",
  difference: "",
  because: "",
  mistake: "off by one",
  help: "Look *closer*.",
  output: "",
  uri: "file:///c/tensor.py",
  range: place,
  function: "make",
  test: { uri: "file:///course/test_tensor.py", line: 3 },
  waitsFor: null,
};

/** A server that has a course with these steps in its second module. */
class Course {
  readonly changed = new EventEmitter<CourseTree | undefined>();
  readonly test = vi.fn(async () => undefined);
  readonly refresh = async () => this.changed.fire(undefined);
  readonly onDidChange = this.changed.event;
  result: Result = result;
  trees: CourseTree[] = [];
  readonly request = async () => ({ result: this.result });

  async has(...steps: StepNode[]): Promise<void> {
    const [first, second] = tree.modules;
    if (first === undefined || second === undefined) throw new Error("the course has two modules");
    const begun = { ...second, steps };
    this.trees = [{ ...tree, modules: [{ ...first, begun: false }, begun] }];
    this.changed.fire(this.trees[0]);
    await new Promise((done) => setTimeout(done)); // what was asked of the server is answered
  }
}

let course: Course;
const token = { isCancellationRequested: false };

beforeEach(() => {
  tested.items.clear();
  tested.told.length = 0;
  tested.messages.length = 0;
  course = new Course();
  new Testing(course as unknown as Server);
});

describe("the Test Explorer", () => {
  it("has the steps of the modules that were begun, each at its name", async () => {
    await course.has(step("tensor/create", "todo", 10, "Make"));
    expect([...tested.items.keys()]).toEqual(["/c:tensor"]);
    const [made] = tested.items.get("/c:tensor")?.children.values() ?? [];
    expect(made?.id).toBe("/c:tensor/create");
    expect(made?.range?.start.line).toBe(10);
  });

  it("tells what a save changed, once, and nothing of what was never written", async () => {
    const other = step("tensor/add", "todo", 20, "Add");
    await course.has(step("tensor/create", "passed", 10, "Make"), other);
    expect(tested.told).toEqual(["passed Make", "end"]);
    await course.has(step("tensor/create", "passed", 10, "Make"), other);
    expect(tested.told).toHaveLength(2);
    await course.has(step("tensor/create", "todo", 10, "Make"), other);
    expect(tested.told.slice(2)).toEqual(["skipped Make", "end"]);
  });

  it("waits for the verdict of what is being run", async () => {
    await course.has({ ...step("tensor/create", "passed", 10), running: true });
    expect(tested.told).toEqual([]);
  });

  it("shows got and expected above the line that the server marks, and the stack from there", async () => {
    await course.has(step("tensor/create", "failing", 10, "Make"));
    const [message] = tested.messages;
    expect(message?.expectedOutput).toBe("2");
    expect(message?.actualOutput).toBe("1");
    expect(message?.location?.range.start.line).toBe(10);
    const [own] = message?.stackTrace ?? [];
    expect([own?.label, own?.position?.line]).toEqual(["make", 11]);
    expect(message?.stackTrace?.map(({ label }) => label)).toEqual(["make", "the lesson's test"]);
    expect(message?.message.value).toContain("This behaves like: off by one.");
  });

  it("shows them at the line itself where the server says nothing behind it", async () => {
    settings.set("tinytorch.verdictAtLine", false);
    await course.has(step("tensor/create", "failing", 10, "Make"));
    settings.clear();
    expect(tested.messages[0]?.location?.range.start.line).toBe(11);
  });

  it("tells of a failure that has become another", async () => {
    const failing = step("tensor/create", "failing", 10, "Make");
    await course.has(failing);
    course.result = { ...result, got: "3" };
    await course.has(failing);
    expect(tested.messages.map(({ actualOutput }) => actualOutput)).toEqual(["1", "3"]);
  });

  it("runs a step or a module by the server, and tells what came of it in that run", async () => {
    await course.has(step("tensor/create", "passed", 10, "Make"));
    const [module] = [...tested.items.values()];
    const made = module?.children.get("/c:tensor/create");
    tested.told.length = 0;
    await tested.profiles.get("Run")?.(new TestRunRequest([made ?? {}]), token);
    expect(course.test).toHaveBeenLastCalledWith(
      "tinytorch.runStep",
      ["tensor/create", "/c"],
      token,
    );
    expect(tested.told).toEqual(["passed Make", "end"]);
    await tested.profiles.get("Run")?.(new TestRunRequest([module ?? {}]), token);
    expect(course.test).toHaveBeenLastCalledWith("tinytorch.runModule", ["tensor", "/c"], token);
  });
});
