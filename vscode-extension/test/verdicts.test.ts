import { describe, expect, it } from "vitest";
import type * as vscode from "vscode";
import { verdictsIn } from "../src/verdicts";
import { Range } from "./vscode";

function marked(line: number, data?: object): vscode.Diagnostic {
  return { range: new Range(line, 4, line, 18), data } as unknown as vscode.Diagnostic;
}

describe("what stands behind lines", () => {
  it("is the first verdict of each line that has one", () => {
    const found = verdictsIn([
      marked(3, { step: "a", short: "✗ got 1, wanted 2" }),
      marked(3, { step: "b", short: "✗ got 3, wanted 4" }),
      marked(5, { step: "c", short: "⊘ waits" }),
    ]);
    expect(found).toEqual([
      { line: 3, text: "✗ got 1, wanted 2" },
      { line: 5, text: "⊘ waits" },
    ]);
  });

  it("is nothing for a file that can't be read, or a text that was not tested", () => {
    expect(verdictsIn([marked(3), marked(4, { step: "a", short: "" })])).toEqual([]);
  });
});
