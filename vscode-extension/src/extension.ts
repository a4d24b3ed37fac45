/** Puts the parts together when VS Code activates the extension. */

import * as vscode from "vscode";
import { goToStep, registerCommands } from "./commands";
import { Comparison } from "./compare";
import { argumentsOf, courseOf, moduleOf, paramsOf } from "./course";
import { registerDebugging } from "./debug";
import { Interpreter } from "./interpreter";
import { LessonTree } from "./lessonTree";
import { LessonView } from "./lessonView";
import { Needs } from "./needs";
import { registerOutput } from "./output";
import { clientCommands, type StepPassed } from "./protocol";
import { Server } from "./server";
import { Start } from "./start";
import { registerStatus } from "./status";
import { registerTerminals } from "./terminals";

const WELCOMED = "welcomed";
const CLOSING = "What you can do now";
const NEXT = "Next step";
const PICTURE = "See what it drew";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("TinyTorch", { log: true });
  const interpreter = new Interpreter(context, log);
  const server = new Server(interpreter, log);
  const start = new Start(server, interpreter);
  const lessons = new LessonView(server, vscode.Uri.joinPath(context.extensionUri, "dist"));
  const comparison = new Comparison(server);
  const view = vscode.window.createTreeView("tinytorch.lessons", {
    treeDataProvider: new LessonTree(server),
    showCollapseAll: true,
  });
  context.subscriptions.push(
    log,
    server,
    lessons,
    comparison,
    view,
    registerCommands(server, lessons, comparison, start, log),
    registerDebugging(server, view),
    registerStatus(server),
    registerOutput(server),
    registerTerminals(context, server),
    new Needs(server),
    server.onDidChange((tree) => {
      const begun = tree !== undefined && tree.folder !== null;
      void vscode.commands.executeCommand("setContext", "tinytorch.hasCourse", begun);
    }),
    server.onDidPass((passed) => celebrate(server, lessons, passed)),
    vscode.workspace.onDidGrantWorkspaceTrust(() =>
      server.python === undefined ? start.connect() : server.trust(),
    ),
  );
  if ((await vscode.workspace.findFiles("**/.tinytorch/progress.json", null, 1)).length > 0) {
    void start.connect().then(() => welcome(context, server, lessons));
  }
}

/** The first time that a course is open: its lessons, the first TODO, and what it is about. */
async function welcome(
  context: vscode.ExtensionContext,
  server: Server,
  lessons: LessonView,
): Promise<void> {
  const tree = server.tree;
  if (typeof tree?.next !== "string" || context.workspaceState.get(WELCOMED, false)) return;
  const next = paramsOf(tree, tree.next);
  await context.workspaceState.update(WELCOMED, true);
  await vscode.commands.executeCommand("tinytorch.lessons.focus");
  await goToStep(server, next);
  await lessons.show(next);
}

/** A quiet word for a step that passes: what it unlocked; a louder one for a module or a milestone. */
async function celebrate(server: Server, lessons: LessonView, passed: StepPassed): Promise<void> {
  if (!passed.moduleDone && passed.milestone === null) {
    const word = passed.unlocked === "" ? "passed" : passed.unlocked;
    vscode.window.setStatusBarMessage(`$(pass-filled) ${passed.title}: ${word}`, 8000);
    return;
  }
  const tree = courseOf(server.trees, passed.folder);
  const module = tree === undefined ? undefined : moduleOf(tree, passed.step);
  const said = [
    passed.milestone === null ? "" : `${passed.milestone}.`,
    passed.moduleDone ? `${module?.title ?? "This module"}: every step passes.` : "",
    passed.unlocked,
  ];
  const buttons = [
    ...(passed.milestone === null ? [] : [PICTURE]),
    ...(passed.moduleDone && module !== undefined ? [CLOSING] : []),
    ...(passed.next === null ? [] : [NEXT]),
  ];
  const words = said.filter((part) => part !== "").join(" ");
  const answer = await vscode.window.showInformationMessage(words, ...buttons);
  if (answer === PICTURE) {
    await lessons.show({ step: passed.step, folder: passed.folder });
  } else if (answer === CLOSING && module !== undefined) {
    await lessons.show({ module: module.id });
  } else if (answer === NEXT && passed.next !== null) {
    const next = argumentsOf({ step: passed.next, folder: passed.folder });
    await vscode.commands.executeCommand(clientCommands.goToStep, ...next);
  }
}
