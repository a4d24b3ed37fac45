/** The tree of modules and steps in the activity bar. */

import * as vscode from "vscode";
import { iconOf } from "./course";
import { clientCommands, type ModuleNode, type StepNode } from "./protocol";
import type { Server } from "./server";

export type Node =
  | { readonly kind: "module"; readonly module: ModuleNode }
  | { readonly kind: "step"; readonly step: StepNode };

export class LessonTree implements vscode.TreeDataProvider<Node> {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;

  constructor(private readonly server: Server) {
    server.onDidChange(() => this.emitter.fire(undefined));
  }

  getChildren(node?: Node): Node[] {
    const tree = this.server.tree;
    if (node === undefined) {
      if (tree === undefined || tree.folder === null) return [];
      return tree.modules.map((module) => ({ kind: "module", module }));
    }
    if (node.kind === "step") return [];
    return node.module.steps.map((step) => ({ kind: "step", step }));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.kind === "module" ? this.moduleItem(node.module) : stepItem(node.step);
  }

  private moduleItem(module: ModuleNode): vscode.TreeItem {
    const next = this.server.tree?.next ?? "";
    const open = module.steps.some((step) => step.id === next);
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const number = String(module.number).padStart(2, "0");
    const item = new vscode.TreeItem(`${number} ${module.title}`, open ? Expanded : Collapsed);
    item.id = module.id;
    item.description = `${module.passed}/${module.total}`;
    item.contextValue = "module";
    if (module.passed === module.total) {
      item.iconPath = new vscode.ThemeIcon(
        "pass-filled",
        new vscode.ThemeColor("testing.iconPassed"),
      );
    }
    return item;
  }
}

function stepItem(step: StepNode): vscode.TreeItem {
  const item = new vscode.TreeItem(step.title, vscode.TreeItemCollapsibleState.None);
  const icon = iconOf(step);
  item.id = step.id;
  item.iconPath = new vscode.ThemeIcon(
    icon.id,
    icon.color === undefined ? undefined : new vscode.ThemeColor(icon.color),
  );
  item.tooltip = `${step.id}: ${step.detail ?? step.label}`;
  item.contextValue = step.hints.total > 0 ? "step.code" : "step.check";
  item.accessibilityInformation = { label: `${step.title}, ${step.label}` };
  item.command = { command: clientCommands.goToStep, title: "Go to step", arguments: [step.id] };
  return item;
}
