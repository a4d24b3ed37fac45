/** The first time that a course is open: its lessons, the first TODO, and what it is about. */

import * as vscode from "vscode";
import { argumentsOf, paramsOf } from "./course";
import type { LessonView } from "./lessonView";
import { clientCommands, type StepParams } from "./protocol";
import type { Server } from "./server";

const WELCOMED = "welcomed";

/** Lead to the first step that is left, once. A student who is at work by then keeps the place and
 * the focus: the server comes up seconds after the editor. `here` is the step at the cursor. */
export async function welcome(
  state: vscode.Memento,
  server: Pick<Server, "tree">,
  lessons: Pick<LessonView, "show">,
  here: () => Thenable<StepParams | null | undefined>,
): Promise<void> {
  const { tree } = server;
  if (typeof tree?.next !== "string" || state.get(WELCOMED, false)) return;
  const next = paramsOf(tree, tree.next);
  await state.update(WELCOMED, true);
  if (isAtWork()) {
    await lessons.show((await here()) ?? next);
    return;
  }
  await vscode.commands.executeCommand("tinytorch.lessons.focus");
  await vscode.commands.executeCommand(clientCommands.goToStep, ...argumentsOf(next));
  await lessons.show(next);
}

function isAtWork(): boolean {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return false;
  const { line, character } = editor.selection.active;
  return editor.document.version > 1 || line > 0 || character > 0;
}
