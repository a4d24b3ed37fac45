/** What of a step's code is in sight: its `def` on the screen, its scaffold folded. */

import * as vscode from "vscode";
import type { Entry } from "./protocol";

const ABOVE = 3; // lines above a `def` that stay in sight: its decorators, and the lens
const TRIES = 10;
const FOLDED_MS = 150; // until a fold that took place is told to extensions

/** Show a line at the top, below what belongs to it. */
export function showAtTop(editor: vscode.TextEditor, line: number): void {
  const top = new vscode.Position(Math.max(line - ABOVE, 0), 0);
  editor.revealRange(new vscode.Range(top, top), vscode.TextEditorRevealType.AtTop);
}

/** Fold a step's scaffold, and bring its `def` back where that, or a key, took it off the screen. */
export async function foldScaffold(editor: vscode.TextEditor, entry: Entry): Promise<void> {
  const { version } = editor.document;
  const here = () =>
    vscode.window.activeTextEditor === editor && editor.document.version === version;
  if (entry.scaffolds.length > 0) await fold(editor, entry.scaffolds, here);
  if (here() && !isShown(editor, entry.head.start.line)) showAtTop(editor, entry.head.start.line);
}

/** Fold at these lines; an editor that has not asked the server for its ranges yet folds nothing. */
async function fold(
  editor: vscode.TextEditor,
  lines: readonly number[],
  here: () => boolean,
): Promise<void> {
  const command = { levels: 1, direction: "down", selectionLines: [...lines] };
  for (let tries = TRIES; tries > 0 && here(); tries--) {
    await vscode.commands.executeCommand("editor.fold", command);
    await new Promise((resolve) => setTimeout(resolve, FOLDED_MS));
    if (!lines.some((line) => isShown(editor, line + 1))) return;
  }
}

/** Whether a line is on the screen, as far as VS Code has told. */
function isShown(editor: vscode.TextEditor, line: number): boolean {
  return editor.visibleRanges.some(({ start, end }) => start.line <= line && line <= end.line);
}
