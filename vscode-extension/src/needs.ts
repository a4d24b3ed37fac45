/** Offers to install what a module lacks, and installs it in a terminal. */

import * as vscode from "vscode";
import { argumentsOf, courseOf, paramsOf } from "./course";
import { type CourseTree, clientCommands, type ModuleNode, serverCommands } from "./protocol";
import { WORKING_FOLDER } from "./python";
import type { Server } from "./server";

const INSTALL = vscode.l10n.t("Install");

/** A module that was begun and whose steps can't be run before something is installed. */
interface Lacking {
  readonly tree: CourseTree;
  readonly module: ModuleNode;
  readonly reason: string;
  readonly install: readonly string[];
}

export class Needs implements vscode.Disposable {
  private readonly offered = new Set<string>();
  private readonly parts: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.parts = [
      server.onDidChange(() => this.offer()),
      vscode.commands.registerCommand(clientCommands.install, (module: unknown, folder: unknown) =>
        this.installFor(module, folder),
      ),
    ];
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  /** Say once of each module what it lacks, with a button that brings it. */
  private offer(): void {
    for (const lacking of this.server.trees.filter((tree) => tree.trusted).flatMap(lackingOf)) {
      const key = `${lacking.tree.folder}:${lacking.module.id}:${lacking.reason}`;
      if (!lacking.module.begun || this.offered.has(key)) continue;
      this.offered.add(key);
      const text = vscode.l10n.t(
        "{0}: steps are not run, because {1}.",
        lacking.module.title,
        lacking.reason,
      );
      void vscode.window.showWarningMessage(text, INSTALL).then((answer) => {
        if (answer === INSTALL) void this.install(lacking);
      });
    }
  }

  /** For a module's id or node: of the lens, the tree, the palette. */
  private async installFor(target: unknown, folder: unknown): Promise<void> {
    const tree = courseOf(this.server.trees, typeof folder === "string" ? folder : undefined);
    const all = isNode(target) ? lackingOf(target.tree) : tree === undefined ? [] : lackingOf(tree);
    const id = isNode(target) ? target.module.id : target;
    const lacking = all.find(({ module }) => id === undefined || module.id === id);
    if (lacking === undefined) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("Nothing that the course needs is missing."),
      );
      return;
    }
    await this.install(lacking);
  }

  /** Run pip where the student sees it; what waits for it is tested once it is done. */
  private async install({ tree, module, install }: Lacking): Promise<void> {
    const [program, ...args] = install;
    if (program === undefined) return;
    const execution = new vscode.ProcessExecution(program, args, { cwd: WORKING_FOLDER });
    const definition = { type: "process" };
    const name = vscode.l10n.t("Install what {0} needs", module.title);
    const scope = vscode.TaskScope.Workspace;
    const task = new vscode.Task(definition, scope, name, "TinyTorch", execution);
    if ((await ended(task)) !== 0) {
      const text = vscode.l10n.t("{0}: it did not work. The terminal says why.", name);
      void vscode.window.showErrorMessage(text);
      return;
    }
    await this.server.restart();
    const step = argumentsOf(paramsOf(tree, module.id));
    await vscode.commands.executeCommand(serverCommands.runModule, ...step);
  }
}

/** The modules of a course that something is missing for, and that it can be brought to. */
export function lackingOf(tree: CourseTree): Lacking[] {
  return tree.modules.flatMap((module) => {
    const { reason, install } = module.lack ?? { reason: "", install: [] };
    return install.length === 0 ? [] : [{ tree, module, reason, install }];
  });
}

/** Run a task to its end; the exit status, undefined if it was stopped. */
async function ended(task: vscode.Task): Promise<number | undefined> {
  const running = vscode.tasks.executeTask(task);
  return new Promise((resolve, reject) => {
    const listener = vscode.tasks.onDidEndTaskProcess(async ({ execution, exitCode }) => {
      if (execution !== (await running)) return;
      listener.dispose();
      resolve(exitCode);
    });
    running.then(undefined, reject);
  });
}

function isNode(target: unknown): target is { tree: CourseTree; module: ModuleNode } {
  return typeof target === "object" && target !== null && "module" in target && "tree" in target;
}
