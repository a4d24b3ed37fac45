/** The walkthrough: four pages on how the course works, behind a button of the tree's title.
 *
 * It is not opened by itself: it would cover the code, and what a student sees first is a step of
 * the course, whose lesson is the same loop to be tried instead of read about.
 */

import * as vscode from "vscode";

export function registerTour(context: vscode.ExtensionContext): vscode.Disposable {
  const walkthrough = `${context.extension.id}#course`;
  return vscode.commands.registerCommand("tinytorch.tour", () =>
    vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false),
  );
}
