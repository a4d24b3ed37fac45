/** The tree of modules and steps in the activity bar. */

import * as vscode from "vscode";
import { argumentsOf, iconOf, paramsOf } from "./course";
import { type CourseTree, clientCommands, type ModuleNode, type StepNode } from "./protocol";
import type { Server } from "./server";

export type Node =
  | { readonly kind: "course"; readonly tree: CourseTree }
  | { readonly kind: "module"; readonly tree: CourseTree; readonly module: ModuleNode }
  | { readonly kind: "step"; readonly tree: CourseTree; readonly step: StepNode };

export class LessonTree implements vscode.TreeDataProvider<Node> {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;

  constructor(private readonly server: Server) {
    server.onDidChange(() => this.emitter.fire(undefined));
  }

  getChildren(node?: Node): Node[] {
    switch (node?.kind) {
      case undefined:
        return this.top();
      case "course":
        return modulesOf(node.tree);
      case "module":
        return node.module.steps.map((step) => ({ kind: "step", tree: node.tree, step }));
      case "step":
        return [];
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case "course":
        return courseItem(node.tree);
      case "module":
        return moduleItem(node.tree, node.module);
      case "step":
        return stepItem(node.tree, node.step);
    }
  }

  /** The modules; where there are several courses in the window, the courses. */
  private top(): Node[] {
    const begun = this.server.trees.filter((tree) => tree.folder !== null);
    const [only, ...others] = begun;
    if (only === undefined) return [];
    if (others.length === 0) return modulesOf(only);
    const sorted = begun.sort((a, b) => (a.folder ?? "").localeCompare(b.folder ?? ""));
    return sorted.map((tree) => ({ kind: "course", tree }));
  }
}

function modulesOf(tree: CourseTree): Node[] {
  return tree.modules.map((module) => ({ kind: "module", tree, module }));
}

function courseItem(tree: CourseTree): vscode.TreeItem {
  const folder = tree.folder ?? "";
  const { Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(folder.split(/[\\/]/).at(-1) ?? folder, Expanded);
  item.id = folder;
  item.tooltip = folder;
  item.contextValue = "course";
  return item;
}

function moduleItem(tree: CourseTree, module: ModuleNode): vscode.TreeItem {
  const open = module.steps.some((step) => step.id === tree.next);
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const number = String(module.number).padStart(2, "0");
  const item = new vscode.TreeItem(`${number} ${module.title}`, open ? Expanded : Collapsed);
  item.id = `${tree.folder}:${module.id}`;
  item.description = `${module.passed}/${module.total}`;
  item.contextValue = module.lack?.install.length ? "module.lacking" : "module";
  if (module.lack !== null) item.tooltip = vscode.l10n.t("Not run: {0}", module.lack.reason);
  if (module.passed === module.total) {
    item.iconPath = new vscode.ThemeIcon(
      "pass-filled",
      new vscode.ThemeColor("testing.iconPassed"),
    );
  }
  return item;
}

function stepItem(tree: CourseTree, step: StepNode): vscode.TreeItem {
  const item = new vscode.TreeItem(step.title, vscode.TreeItemCollapsibleState.None);
  const icon = iconOf(step);
  item.id = `${tree.folder}:${step.id}`;
  item.iconPath = new vscode.ThemeIcon(
    icon.id,
    icon.color === undefined ? undefined : new vscode.ThemeColor(icon.color),
  );
  item.tooltip = `${step.id}: ${step.detail ?? step.label}`;
  item.contextValue = step.hints.total > 0 ? "step.code" : "step.check";
  item.accessibilityInformation = { label: `${step.title}, ${step.label}` };
  item.command = {
    command: clientCommands.goToStep,
    title: vscode.l10n.t("Go to step"),
    arguments: argumentsOf(paramsOf(tree, step.id)),
  };
  return item;
}
