/** The tree of modules and steps in the activity bar. */

import * as vscode from "vscode";
import { argumentsOf, courseOf, findStep, iconOf, moduleIcon, moduleOf, paramsOf } from "./course";
import type { Filter } from "./filter";
import {
  type CourseTree,
  clientCommands,
  type ModuleNode,
  type PageParams,
  type StepNode,
} from "./protocol";
import type { Server } from "./server";

export type Node =
  | { readonly kind: "course"; readonly tree: CourseTree }
  | { readonly kind: "module"; readonly tree: CourseTree; readonly module: ModuleNode }
  | { readonly kind: "step"; readonly tree: CourseTree; readonly step: StepNode };

const CELLS = 5;

export class LessonTree implements vscode.TreeDataProvider<Node> {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  private drawn = "";
  readonly onDidChangeTreeData = this.emitter.event;

  constructor(
    private readonly server: Server,
    private readonly filter: Pick<Filter, "hidesPassed" | "onDidChange">,
  ) {
    server.onDidChange(() => this.drawAnew());
    filter.onDidChange(() => this.emitter.fire(undefined));
  }

  /** Only what differs: a row that is drawn anew while a mouse button is down loses its click. */
  private drawAnew(): void {
    const state = JSON.stringify(this.server.trees);
    if (state === this.drawn) return;
    this.drawn = state;
    this.emitter.fire(undefined);
  }

  getChildren(node?: Node): Node[] {
    switch (node?.kind) {
      case undefined:
        return this.top();
      case "course":
        return this.modulesOf(node.tree);
      case "module":
        return node.module.steps
          .filter(({ state }) => !this.filter.hidesPassed || state !== "passed")
          .map((step) => ({ kind: "step", tree: node.tree, step }));
      case "step":
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    const { tree } = node;
    switch (node.kind) {
      case "course":
        return undefined;
      case "module":
        return this.begun().length > 1 ? { kind: "course", tree } : undefined;
      case "step": {
        const module = moduleOf(tree, node.step.id);
        return module === undefined ? undefined : { kind: "module", tree, module };
      }
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

  /** What stands in the tree for a page. */
  nodeOf({ step, module, folder }: PageParams): Node | undefined {
    const tree = courseOf(this.server.trees, folder);
    if (tree === undefined) return undefined;
    const found = step === undefined ? undefined : findStep(tree, step);
    if (found !== undefined) return { kind: "step", tree, step: found };
    const whole = tree.modules.find(({ id }) => id === module);
    return whole === undefined ? undefined : { kind: "module", tree, module: whole };
  }

  /** The modules; where there are several courses in the window, the courses. */
  private top(): Node[] {
    const begun = this.begun();
    const [only, ...others] = begun;
    if (only === undefined) return [];
    if (others.length === 0) return this.modulesOf(only);
    const sorted = begun.sort((a, b) => (a.folder ?? "").localeCompare(b.folder ?? ""));
    return sorted.map((tree) => ({ kind: "course", tree }));
  }

  private begun(): CourseTree[] {
    return this.server.trees.filter((tree) => tree.folder !== null);
  }

  private modulesOf(tree: CourseTree): Node[] {
    const { hidesPassed } = this.filter;
    return tree.modules
      .filter(({ passed, total }) => !hidesPassed || passed < total)
      .map((module) => ({ kind: "module", tree, module }));
  }
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
  const { id, color, word } = moduleIcon(module);
  const figure = `${module.passed}/${module.total}`;
  item.id = `${tree.folder}:${module.id}`;
  item.description = word === "begun" ? `${figure} ${bar(module)}` : figure;
  item.contextValue = module.lack?.install.length ? "module.lacking" : "module";
  if (module.lack !== null)
    item.tooltip = vscode.l10n.t("Steps are not run: {0}", module.lack.reason);
  item.iconPath = new vscode.ThemeIcon(id, new vscode.ThemeColor(color));
  const counted = vscode.l10n.t("{0} of {1} steps pass", module.passed, module.total);
  item.accessibilityInformation = { label: `${number} ${module.title}, ${word}, ${counted}` };
  return item;
}

/** How much of a module passes; full only when all of it does. */
function bar({ passed, total }: ModuleNode): string {
  const full = Math.floor((passed / total) * CELLS);
  return "▰".repeat(full) + "▱".repeat(CELLS - full);
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
  const kind = step.hints.total > 0 ? "step.code" : "step.check";
  item.contextValue = `${kind}${step.waitsFor === null ? "" : ".waits"}${step.debugs ? ".debugs" : ""}`;
  item.accessibilityInformation = { label: `${step.title}, ${step.label}` };
  item.command = {
    command: clientCommands.goToStep,
    title: vscode.l10n.t("Go to step"),
    arguments: argumentsOf(paramsOf(tree, step.id)),
  };
  return item;
}
