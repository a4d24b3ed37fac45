import { beforeEach, describe, expect, it, vi } from "vitest";
import { lackingOf, Needs } from "../src/needs";
import type { CourseTree, Lack } from "../src/protocol";
import { WORKING_FOLDER } from "../src/python";
import type { Server } from "../src/server";
import { tree } from "./trees";
import { EventEmitter, seen, type Task, taskEnd } from "./vscode";

const PIP = ["/venv/bin/python", "-I", "-m", "pip", "install", "tinytorch[deploy]"];
const LACK: Lack = { reason: "onnx is not installed", install: PIP };

function lacking(lack: Lack, begun = true): CourseTree {
  return { ...tree, modules: tree.modules.map((module) => ({ ...module, begun, lack })).slice(1) };
}

function serving(course: CourseTree) {
  const changed = new EventEmitter<CourseTree>();
  const restart = vi.fn(async () => true);
  const server = { trees: [course], onDidChange: changed.event, restart };
  new Needs(server as unknown as Server);
  return { restart, change: () => changed.fire(course) };
}

function end(task: Task, exitCode: number): void {
  taskEnd.fire({ execution: task, exitCode });
}

beforeEach(() => {
  Object.assign(seen, { messages: [], tasks: [], executed: [], answer: undefined });
});

describe("what a module lacks", () => {
  it("is offered once, and installed by the server's own Python in a terminal", async () => {
    const { change, restart } = serving(lacking(LACK));
    seen.answer = "Install";
    change();
    change();
    await vi.waitFor(() => expect(seen.tasks).toHaveLength(1));
    expect(seen.messages).toEqual(["Tensors: steps are not run, because onnx is not installed."]);
    const [task] = seen.tasks as [Task];
    expect([task.execution.process, ...task.execution.args]).toEqual(PIP);
    expect(task.execution.options?.cwd).toBe(WORKING_FOLDER);
    expect(seen.executed).toEqual([]);
    end(task, 0);
    await vi.waitFor(() =>
      expect(seen.executed).toEqual([["tinytorch.runModule", "tensor", "/c"]]),
    );
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it("is not installed unasked, nor offered before its module is begun", async () => {
    serving(lacking(LACK)).change();
    expect(seen.messages).toHaveLength(1);
    serving(lacking(LACK, false)).change();
    serving({ ...lacking(LACK), trusted: false }).change();
    serving(lacking({ reason: "there is no GPU", install: [] })).change();
    serving(tree).change();
    await Promise.resolve();
    expect(seen.messages).toHaveLength(1);
    expect(seen.tasks).toEqual([]);
  });

  it("is installed by the lens and the tree, and an installation that fails says so", async () => {
    const course = lacking(LACK);
    const { restart } = serving(course);
    const install = seen.commands.get("tinytorch.install");
    for (const target of [
      ["tensor", "/c"],
      [{ kind: "module", tree: course, module: course.modules[0] }],
      [],
    ]) {
      const done = install?.(...target);
      await vi.waitFor(() => expect(seen.tasks).toHaveLength(1));
      end(seen.tasks[0] as Task, 1);
      await done;
      expect(seen.messages.at(-1)).toContain("it did not work");
      seen.tasks = [];
    }
    expect(restart).not.toHaveBeenCalled();
    expect(seen.executed).toEqual([]);
  });

  it("is nothing where nothing can bring it", async () => {
    expect(lackingOf(tree)).toEqual([]);
    serving(tree);
    await seen.commands.get("tinytorch.install")?.("tensor");
    expect(seen.messages).toEqual(["Nothing that the course needs is missing."]);
  });
});
