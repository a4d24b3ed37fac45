/** The status bar item: how many steps pass, and what is next. */

import * as vscode from "vscode";
import { courseOf, findStep, nextStep, totals } from "./course";
import type { Current } from "./current";
import type { Server } from "./server";

export function registerStatus(server: Server, current: Current): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "tinytorch.status",
    vscode.StatusBarAlignment.Left,
  );
  item.name = "TinyTorch";
  item.command = "tinytorch.nextStep";
  const show = () => {
    const here = current.page ?? {};
    const tree = courseOf(server.trees, here.folder) ?? server.tree;
    if (tree === undefined || tree.folder === null) {
      item.hide();
      return;
    }
    const { passed, total } = totals(tree);
    const running = tree.modules.some((module) => module.steps.some((step) => step.running));
    const id = nextStep(tree, here);
    const next = id === null ? undefined : findStep(tree, id);
    item.text = `${running ? "$(sync~spin)" : "$(mortar-board)"} TinyTorch ${passed}/${total}`;
    item.tooltip =
      next === undefined
        ? vscode.l10n.t("Every step has passed.")
        : vscode.l10n.t("Next: {0}", next.title);
    item.show();
  };
  return vscode.Disposable.from(item, server.onDidChange(show), current.onDidChange(show));
}
