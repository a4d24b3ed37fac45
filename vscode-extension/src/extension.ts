/** Puts the parts together when VS Code activates the extension. */

import * as vscode from "vscode";
import { registerAssistants } from "./assistants";
import { Celebration } from "./celebrate";
import { registerCommands } from "./commands";
import { Comparison } from "./compare";
import { registerCompletions } from "./completions";
import { Current } from "./current";
import { registerDebugging, stepHere } from "./debug";
import { Filter } from "./filter";
import { Interpreter } from "./interpreter";
import { LessonTree } from "./lessonTree";
import { LessonView } from "./lessonView";
import { Needs } from "./needs";
import { registerOutput } from "./output";
import { Server } from "./server";
import { registerStage } from "./stage";
import { Start } from "./start";
import { registerStatus } from "./status";
import { registerTerminals } from "./terminals";
import { Testing } from "./testing";
import { registerTour } from "./tour";
import { registerUpkeep } from "./upkeep";
import { Verdicts } from "./verdicts";
import { welcome } from "./welcome";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("TinyTorch", { log: true });
  const interpreter = new Interpreter(context, log);
  const server = new Server(interpreter, log);
  const start = new Start(server, interpreter);
  const lessons = new LessonView(server, context);
  const comparison = new Comparison(server);
  const celebration = new Celebration(context.workspaceState, server, lessons);
  const filter = new Filter(context.workspaceState);
  const tree = new LessonTree(server, filter);
  const view = vscode.window.createTreeView("tinytorch.lessons", {
    treeDataProvider: tree,
    showCollapseAll: true,
  });
  const current = new Current(server, lessons, tree, view);
  context.subscriptions.push(
    log,
    server,
    lessons,
    comparison,
    filter,
    view,
    current,
    registerCommands(server, lessons, current, comparison, start, log),
    registerDebugging(server, view),
    registerStatus(server, current),
    registerOutput(server),
    registerTerminals(context, server),
    registerAssistants(server),
    registerCompletions(server),
    registerUpkeep(server, interpreter, log),
    registerTour(context),
    new Needs(server),
    new Testing(server),
    new Verdicts(server),
    server.onDidPass((passed) => celebration.of(passed)),
    vscode.workspace.onDidGrantWorkspaceTrust(() =>
      server.python === undefined ? start.connect() : server.trust(),
    ),
  );
  const found = await vscode.workspace.findFiles("**/.tinytorch/progress.json", null, 1);
  context.subscriptions.push(registerStage(server, found.length > 0));
  if (found.length > 0) {
    const here = () => stepHere(server);
    void start.connect().then(() => welcome(context.workspaceState, server, lessons, here));
  }
}
