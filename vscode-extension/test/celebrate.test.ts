import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { Celebration } from "../src/celebrate";
import type { StepParams, StepPassed } from "../src/protocol";
import { tree } from "./trees";
import { memory, seen } from "./vscode";

const passed: StepPassed = {
  folder: "/c",
  step: "tensor/add",
  title: "Add",
  unlocked: "Tensors can be added.",
  next: null,
  moduleDone: true,
  milestone: null,
};

function celebration(kept: vscode.Memento, inSight: readonly string[] = []): Celebration {
  const lessons = {
    show: vi.fn(async () => undefined),
    isShowing: ({ step }: StepParams) => inSight.includes(step),
  };
  return new Celebration(kept, { trees: [tree] }, lessons);
}

beforeEach(() => {
  seen.messages.length = 0;
  seen.status.length = 0;
});

describe("a celebration", () => {
  it("is held once for a module, not again after an undo or a restart", async () => {
    const kept = memory();
    await celebration(kept).of(passed);
    expect(seen.messages).toEqual(["Tensors: every step passes. Tensors can be added."]);
    await celebration(kept).of(passed);
    expect(seen.messages).toHaveLength(1);
    expect(seen.status).toEqual(["$(pass-filled) Add: Tensors can be added."]);
  });

  it("is held for each folder", async () => {
    const kept = memory();
    await celebration(kept).of({ ...passed, moduleDone: false, milestone: "1958: it sees" });
    await celebration(kept).of({
      ...passed,
      moduleDone: false,
      milestone: "1958: it sees",
      folder: "/d",
    });
    expect(seen.messages).toHaveLength(2);
  });

  it("lies over no lesson that has its buttons, and is said below it", async () => {
    await celebration(memory(), ["tensor/add"]).of({ ...passed, milestone: "1958: it sees" });
    expect(seen.messages).toEqual([]);
    expect(seen.status).toEqual([
      "$(pass-filled) 1958: it sees. Tensors: every step passes. Tensors can be added.",
    ]);
    await celebration(memory(), ["tensor/create"]).of(passed);
    expect(seen.messages).toHaveLength(1);
  });

  it("is quiet for a step", async () => {
    await celebration(memory()).of({ ...passed, moduleDone: false });
    expect(seen.messages).toEqual([]);
    expect(seen.status).toHaveLength(1);
  });
});
