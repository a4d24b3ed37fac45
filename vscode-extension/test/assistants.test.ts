import * as fs from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { failureOf, lessonOf, registerAssistants } from "../src/assistants";
import type { Page, Result } from "../src/protocol";
import type { Server } from "../src/server";
import { tree } from "./trees";

interface Tool {
  invoke(options: { input: { step?: string } }): Promise<{ content: { value: string }[] }>;
  prepareInvocation?(options: { input: object }): Promise<{
    confirmationMessages?: { message: string };
  }>;
}

const host = vi.hoisted(() => ({
  tools: new Map<string, Tool>(),
  executed: [] as unknown[][],
  has: true,
  hintless: false,
}));

vi.mock("vscode", async (original) => ({
  ...(await original<object>()),
  Disposable: class {
    static from = () => ({ dispose: () => undefined });
    dispose() {}
  },
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
  LanguageModelToolResult: class {
    constructor(readonly content: unknown[]) {}
  },
  window: { activeTextEditor: undefined },
  commands: {
    executeCommand: async (...call: unknown[]) => {
      host.executed.push(call);
      return host.hintless ? null : { shown: 2, total: 3, markdown: "Which axis?" };
    },
  },
  get lm() {
    if (!host.has) return undefined;
    return { registerTool: (name: string, tool: Tool) => host.tools.set(name, tool) };
  },
}));

const result: Result = {
  state: "failing",
  sign: "✗",
  label: "Failing",
  running: false,
  headline: "add(1, 2) gives 3.",
  count: "",
  functions: [],
  inputs: [{ name: "a", text: "1" }],
  call: "add(a, 2)",
  got: "2",
  expected: "3",
  difference: "",
  because: "",
  seconds: 10,
  mistake: "It looks like a product.",
  help: "",
  output: "x".repeat(9000),
  uri: null,
  range: null,
  function: "",
  test: null,
  waitsFor: null,
};

const page: Page = {
  module: "tensor",
  number: 1,
  moduleTitle: "Tensors",
  step: "tensor/add",
  title: "Add",
  position: 2,
  total: 2,
  passed: 0,
  milestone: null,
  writes: true,
  debugs: true,
  parts: [
    { title: "", markdown: "Why." },
    { title: "What to do", markdown: "Add them." },
  ],
  questions: [],
  hints: ["Which operator?"],
  rungs: 3,
  result,
  previous: null,
  following: null,
};

function serving(...courses: (typeof tree)[]) {
  const request = vi.fn(async (_method: string, _params: object) => page);
  const server = { tree: courses[0], trees: courses, request };
  registerAssistants(server as unknown as Server);
  return request;
}

async function call(name: string, input: { step?: string } = {}): Promise<string> {
  const answer = await host.tools.get(name)?.invoke({ input });
  return answer?.content.map(({ value }) => value).join("") ?? "";
}

beforeEach(() => {
  host.tools.clear();
  host.executed.length = 0;
  host.has = true;
  host.hintless = false;
});

describe("the tools of assistants", () => {
  it("are none in a host that has no assistants", () => {
    host.has = false;
    serving(tree);
    expect(host.tools.size).toBe(0);
  });

  it("are those that the package declares", () => {
    serving(tree);
    const manifest = JSON.parse(fs.readFileSync("package.json", "utf8")) as {
      contributes: { languageModelTools: { name: string }[] };
    };
    const declared = manifest.contributes.languageModelTools.map(({ name }) => name);
    expect([...host.tools.keys()].sort()).toEqual(declared.sort());
  });

  it("tell the lesson with the hints that were shown, and to tutor", async () => {
    const request = serving(tree);
    const said = await call("tinytorch_step", { step: "add" });
    expect(request).toHaveBeenCalledWith("tinytorch/page", { step: "tensor/add", folder: "/c" });
    expect(said).toContain(lessonOf(page));
    expect(said).toContain("You are a tutor");
  });

  it("take the next step where no cursor says which", async () => {
    const request = serving(tree);
    await call("tinytorch_failure");
    expect(request).toHaveBeenCalledWith("tinytorch/page", { step: "tensor/create", folder: "/c" });
  });

  it("take a hint by the command that counts it, once the student agrees", async () => {
    serving(tree);
    const asked = await host.tools.get("tinytorch_hint")?.prepareInvocation?.({ input: {} });
    expect(asked?.confirmationMessages?.message).toContain("“Make”");
    expect(host.executed).toEqual([]);
    const said = await call("tinytorch_hint", { step: "tensor/add" });
    expect(host.executed).toEqual([["tinytorch.hint", "tensor/add", "/c"]]);
    expect(said).toContain("Hint 2 of 3, which the student sees too: Which axis?");
  });

  it("say what keeps them from an answer", async () => {
    serving(tree);
    host.hintless = true;
    expect(await call("tinytorch_hint", { step: "add" })).toContain(
      "“Add” has no hint that can be shown.",
    );
    host.executed.length = 0;
    expect(await call("tinytorch_step", { step: "nope" })).toContain("no one step called");
    serving({ ...tree, next: null });
    expect(await call("tinytorch_step")).toBe("Every step has passed.");
    serving();
    expect(await call("tinytorch_hint")).toBe("No course is open in this window.");
    expect(host.executed).toEqual([]);
  });
});

describe("what they tell", () => {
  it("has each part of the lesson under its title", () => {
    expect(lessonOf(page)).toBe(
      "# Tensors: Add\n\nWhy.\n\n## What to do\n\nAdd them.\n\n" +
        "## Hints shown (of 3)\n\n1. Which operator?",
    );
  });

  it("is the failure as data, without what is empty, and with an output that fits", () => {
    const told = JSON.parse(failureOf(page)) as Record<string, unknown>;
    expect(told).toMatchObject({ step: "tensor/add", got: "2", expected: "3" });
    expect(told).not.toHaveProperty("help");
    expect(told["output"]).toHaveLength(2000);
  });

  it("is a sentence where nothing failed", () => {
    expect(failureOf({ ...page, result: { ...result, state: "passed" } })).toBe("“Add” passes.");
    expect(failureOf({ ...page, result: null })).toBe("“Add” was not run yet.");
  });
});
