/** The status bar item: how many steps pass, and what is next. */

import * as vscode from "vscode";
import { findStep, totals } from "./course";
import type { Server } from "./server";

export function registerStatus(server: Server): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "tinytorch.status",
    vscode.StatusBarAlignment.Left,
  );
  item.name = "TinyTorch";
  item.command = "tinytorch.nextStep";
  const listener = server.onDidChange((tree) => {
    if (tree === undefined || tree.folder === null) {
      item.hide();
      return;
    }
    const { passed, total } = totals(tree);
    const running = tree.modules.some((module) => module.steps.some((step) => step.running));
    const next = tree.next === null ? undefined : findStep(tree, tree.next);
    item.text = `${running ? "$(sync~spin)" : "$(mortar-board)"} TinyTorch ${passed}/${total}`;
    item.tooltip =
      next === undefined
        ? vscode.l10n.t("Every step has passed.")
        : vscode.l10n.t("Next: {0}", next.title);
    item.show();
  });
  return vscode.Disposable.from(item, listener);
}
