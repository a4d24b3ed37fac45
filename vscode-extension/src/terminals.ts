/** Terminals find the Python of the course, and the `tinytorch` command beside it, as a lesson says. */

import { delimiter, dirname, isAbsolute } from "node:path";
import * as vscode from "vscode";
import type { Server } from "./server";

export function registerTerminals(
  context: vscode.ExtensionContext,
  server: Server,
): vscode.Disposable {
  const variables = context.environmentVariableCollection;
  variables.description = vscode.l10n.t(
    "The course's Python and its `tinytorch` command come first.",
  );
  return server.onDidChange(() => {
    if (server.python !== undefined && isAbsolute(server.python)) {
      variables.prepend("PATH", `${dirname(server.python)}${delimiter}`);
    }
  });
}
