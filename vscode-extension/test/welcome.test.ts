import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { welcome } from "../src/welcome";
import { tree } from "./trees";
import { memory, seen, window } from "./vscode";

const shown = vi.fn(async () => undefined);
const at = { step: "tensor/add", folder: "/c" };

function editor(version: number, line: number): object {
  return { document: { version }, selection: { active: { line, character: 0 } } };
}

async function welcomed(kept: vscode.Memento = memory()): Promise<unknown[]> {
  await welcome(
    kept,
    { tree: { ...tree, next: "tensor/create" } },
    { show: shown },
    async () => at,
  );
  return seen.executed.map(([name]) => name);
}

describe("the welcome", () => {
  beforeEach(() => {
    seen.executed.length = 0;
    shown.mockClear();
    window.activeTextEditor = undefined;
  });

  it("leads to the first step that is left, once", async () => {
    const kept = memory();
    window.activeTextEditor = editor(1, 0);
    expect(await welcomed(kept)).toEqual(["tinytorch.lessons.focus", "tinytorch.goToStep"]);
    expect(shown).toHaveBeenCalledWith(expect.objectContaining({ step: "tensor/create" }));
    await welcomed(kept);
    expect(shown).toHaveBeenCalledTimes(1);
  });

  it("leaves place and focus to a student who writes already", async () => {
    window.activeTextEditor = editor(2, 0);
    expect(await welcomed()).toEqual([]);
    expect(shown).toHaveBeenCalledWith(at);
  });

  it("leaves them to one who has gone to a line", async () => {
    window.activeTextEditor = editor(1, 94);
    expect(await welcomed()).toEqual([]);
    expect(shown).toHaveBeenCalledWith(at);
  });
});
