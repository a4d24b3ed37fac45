import { beforeEach, describe, expect, it, vi } from "vitest";
import { registerCommands } from "../src/commands";
import type { CourseTree } from "../src/protocol";
import type { Server } from "../src/server";
import { step, tree } from "./trees";
import { seen } from "./vscode";

const host = vi.hoisted(() => ({
  opened: [] as string[],
  active: undefined as string | undefined, // the file that is worked in
  changed: null as object | null, // what the server says that it did
}));

vi.mock("vscode", async (original) => {
  const fake = await original<typeof import("./vscode")>();
  const document = { version: 1, lineAt: () => ({ text: "" }) };
  return {
    ...fake,
    Disposable: { from: () => ({ dispose: () => undefined }) },
    ViewColumn: { One: 1 },
    commands: { ...fake.commands, executeCommand: async () => host.changed },
    workspace: {
      ...fake.workspace,
      openTextDocument: async (uri: { text: string }) => {
        host.opened.push(uri.text);
        return document;
      },
    },
    window: {
      ...fake.window,
      get activeTextEditor() {
        return host.active && { document: { uri: { toString: () => host.active } } };
      },
      showTextDocument: async () => ({ document, selection: { isEqual: () => false } }),
    },
  };
});

/** Registers the commands on a server that has a course. */
function serve(course: CourseTree): void {
  const server = { tree: course, trees: [course], refresh: async () => course, request: vi.fn() };
  const lessons = { turnTo: async () => undefined };
  const unused = {} as never;
  registerCommands(server as unknown as Server, lessons as never, unused, unused, unused, unused);
}

async function run(command: string, ...args: unknown[]): Promise<void> {
  await seen.commands.get(command)?.(...args);
}

/** The course with another second module. */
function having(...steps: ReturnType<typeof step>[]): CourseTree {
  const [first, second] = tree.modules;
  if (first === undefined || second === undefined) throw new Error("the course has two modules");
  return { ...tree, modules: [first, { ...second, steps }] };
}

beforeEach(() => {
  host.opened.length = 0;
  host.active = undefined;
  host.changed = null;
  seen.messages.length = 0;
});

describe("a step that waits for another", () => {
  it("leads to it", async () => {
    const other = { ...step("tensor/create", "failing", 10), uri: "file:///c/create.py" };
    serve(having(other, { ...step("tensor/add", "blocked", 20), waitsFor: "tensor/create" }));
    await run("tinytorch.goToAwaited", "tensor/add", "/c");
    expect(host.opened).toEqual(["file:///c/create.py"]);
  });

  it("is told from one that waits for none", async () => {
    serve(tree);
    await run("tinytorch.goToAwaited", "tensor/add", "/c");
    expect(host.opened).toEqual([]);
    expect(seen.messages).toEqual(["This step waits for no other one."]);
  });
});

describe("a step that was reset", () => {
  const reset = () => run("tinytorch.resetHere", "tensor/add", "/c");

  it.each([undefined, "file:///c/other.py"])("is gone to from elsewhere: %s", async (active) => {
    serve(tree);
    host.changed = { uris: [], did: "", change: "1" };
    host.active = active;
    await reset();
    expect(host.opened).toEqual(["file:///c/tensor.py"]);
  });

  it("leaves the cursor where its file is worked in", async () => {
    serve(tree);
    host.changed = { uris: [], did: "", change: "1" };
    host.active = "file:///c/tensor.py";
    await reset();
    expect(host.opened).toEqual([]);
  });

  it("is not gone to where the reset was refused", async () => {
    serve(tree);
    await reset();
    expect(host.opened).toEqual([]);
  });
});
