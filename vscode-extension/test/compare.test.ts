import { beforeEach, expect, it, vi } from "vitest";
import { Comparison } from "../src/compare";
import type { Server } from "../src/server";
import { tree } from "./trees";
import { seen } from "./vscode";

vi.mock("vscode", async (original) => {
  const fake = await original<typeof import("./vscode")>();
  return {
    ...fake,
    ViewColumn: { One: 1 },
    workspace: { registerTextDocumentContentProvider: () => ({ dispose: () => undefined }) },
    Uri: {
      parse: () => ({ path: "/c/tensor.py" }),
      from: ({ scheme, path }: { scheme: string; path: string }) => ({ scheme, path }),
    },
  };
});

beforeEach(() => {
  seen.executed.length = 0;
});

it("calls the comparison by the title of its step", async () => {
  const request = async () => ({ uri: "file:///c/tensor.py", text: "def add(): ..." });
  const comparison = new Comparison({ trees: [tree], request } as unknown as Server);
  await comparison.show({ step: "tensor/add", folder: "/c" });
  expect(seen.executed.map(([command, , , title]) => [command, title])).toEqual([
    ["vscode.diff", "Add: the reference ↔ yours"],
  ]);
});
