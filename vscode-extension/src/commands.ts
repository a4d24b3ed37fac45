/** The commands of the palette, the tree and the keyboard. */

import * as vscode from "vscode";
import { findStep, moduleOf, stepAt } from "./course";
import { debugStep } from "./debug";
import { chooseInterpreter } from "./interpreter";
import type { Node } from "./lessonTree";
import type { LessonView } from "./lessonView";
import { type CourseTree, clientCommands, serverCommands } from "./protocol";
import type { Server } from "./server";
import type { Start } from "./start";

export function registerCommands(
  server: Server,
  lessons: LessonView,
  start: Start,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const onServer = (command: string) => async (target: unknown) => {
    const step = await chosenStep(server, target);
    if (step !== undefined) await vscode.commands.executeCommand(command, step);
  };
  const commands: Record<string, (target: unknown) => unknown> = {
    "tinytorch.startHere": () => start.run(),
    "tinytorch.runStepHere": onServer(serverCommands.runStep),
    "tinytorch.hintHere": onServer(serverCommands.hint),
    "tinytorch.resetHere": onServer(serverCommands.resetStep),
    "tinytorch.solveHere": onServer(serverCommands.solveStep),
    "tinytorch.undoHere": () => vscode.commands.executeCommand(serverCommands.undo),
    "tinytorch.runModuleHere": async (target) => {
      const module = moduleTarget(target) ?? (await chosenModule(server));
      if (module !== undefined) {
        await vscode.commands.executeCommand(serverCommands.runModule, module);
      }
    },
    [clientCommands.debugStep]: async (target) => {
      const step = await chosenStep(server, target);
      if (step !== undefined) await debugStep(step);
    },
    [clientCommands.explainStep]: async (target) => {
      const step = await chosenStep(server, target);
      if (step !== undefined) await lessons.show(step);
    },
    [clientCommands.goToStep]: async (target) => {
      const step = await chosenStep(server, target);
      if (step !== undefined) await goToStep(server, step);
    },
    "tinytorch.nextStep": async () => {
      const next = server.tree?.next;
      if (typeof next === "string") await goToStep(server, next);
    },
    "tinytorch.chooseInterpreter": async () => {
      await chooseInterpreter();
      await server.restart();
    },
    "tinytorch.restartServer": () => start.connect(),
    "tinytorch.showOutput": () => log.show(),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, handler]) =>
      vscode.commands.registerCommand(name, handler),
    ),
  );
}

/** Open the student's file at a step; its module is begun if need be. */
export async function goToStep(server: Server, id: string): Promise<void> {
  const module = server.tree === undefined ? undefined : moduleOf(server.tree, id);
  if (module === undefined) return;
  if (!module.begun) await vscode.commands.executeCommand(serverCommands.beginModule, module.id);
  await server.refresh();
  const uri = server.tree === undefined ? null : (findStep(server.tree, id)?.uri ?? null);
  if (uri === null) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  await server.refresh();
  const range = server.tree === undefined ? null : (findStep(server.tree, id)?.range ?? null);
  const place = new vscode.Position(range?.start.line ?? 0, range?.start.character ?? 0);
  editor.selection = new vscode.Selection(place, place);
  editor.revealRange(new vscode.Range(place, place), vscode.TextEditorRevealType.InCenter);
}

/** The step that a command is for: its argument, the cursor's, or one that the student picks. */
async function chosenStep(server: Server, target: unknown): Promise<string | undefined> {
  if (typeof target === "string") return target;
  if (isNode(target) && target.kind === "step") return target.step.id;
  const tree = server.tree;
  if (tree === undefined) return undefined;
  const editor = vscode.window.activeTextEditor;
  const here = editor && stepAt(tree, editor.document.uri.toString(), editor.selection.active.line);
  return here?.id ?? (await pickStep(tree));
}

async function pickStep(tree: CourseTree): Promise<string | undefined> {
  const items = tree.modules.flatMap((module) =>
    module.steps.map((step) => ({
      label: step.title,
      description: `${step.id} · ${step.label}`,
      id: step.id,
    })),
  );
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: "Which step?",
    matchOnDescription: true,
  });
  return picked?.id;
}

async function chosenModule(server: Server): Promise<string | undefined> {
  const items = (server.tree?.modules ?? []).map((module) => ({
    label: module.title,
    description: `${module.passed}/${module.total}`,
    id: module.id,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Which module?" }))?.id;
}

function moduleTarget(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  return isNode(target) && target.kind === "module" ? target.module.id : undefined;
}

function isNode(target: unknown): target is Node {
  return typeof target === "object" && target !== null && "kind" in target;
}
