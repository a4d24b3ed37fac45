/** The commands of the palette, the tree and the keyboard. */

import * as vscode from "vscode";
import type { Comparison } from "./compare";
import { argumentsOf, courseOf, findStep, moduleOf, paramsFrom, paramsOf } from "./course";
import { debugStep, stepHere } from "./debug";
import { chooseInterpreter } from "./interpreter";
import type { Node } from "./lessonTree";
import type { LessonView } from "./lessonView";
import {
  type CourseTree,
  clientCommands,
  type Entry,
  requests,
  type StepParams,
  serverCommands,
} from "./protocol";
import type { Server } from "./server";
import type { Start } from "./start";

export function registerCommands(
  server: Server,
  lessons: LessonView,
  comparison: Comparison,
  start: Start,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const onStep =
    (action: (step: StepParams) => unknown) => async (target: unknown, folder: unknown) => {
      const step = await chosenStep(server, target, folder);
      if (step !== undefined) await action(step);
    };
  const onServer = (command: string) =>
    onStep((step) => vscode.commands.executeCommand(command, ...argumentsOf(step)));
  const go = async (step: StepParams) => {
    await goToStep(server, step);
    lessons.turnTo(step); // one without code of its own has no line that the cursor could be in
  };
  const commands: Record<string, (target: unknown, folder: unknown) => unknown> = {
    "tinytorch.startHere": () => start.run(),
    "tinytorch.runStepHere": onServer(serverCommands.runStep),
    "tinytorch.hintHere": onServer(serverCommands.hint),
    "tinytorch.resetHere": onServer(serverCommands.resetStep),
    "tinytorch.solveHere": onServer(serverCommands.solveStep),
    "tinytorch.tidyHere": onServer(serverCommands.tidyStep),
    "tinytorch.compareHere": onStep((step) => comparison.show(step)),
    "tinytorch.undoHere": () => vscode.commands.executeCommand(serverCommands.undo),
    "tinytorch.runModuleHere": async (target) => {
      const module = moduleTarget(target) ?? (await chosenModule(server));
      if (module !== undefined) {
        await vscode.commands.executeCommand(serverCommands.runModule, ...module);
      }
    },
    [clientCommands.debugStep]: onStep(debugStep),
    [clientCommands.explainStep]: onStep((step) => lessons.show(step)),
    [clientCommands.goToStep]: onStep(go),
    [clientCommands.showThreads]: onStep((step) => lessons.showThreads(step)),
    "tinytorch.nextStep": async () => {
      const tree = server.tree;
      if (typeof tree?.next === "string") await go(paramsOf(tree, tree.next));
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

const ABOVE = 3; // lines above a `def` that stay in sight: its decorators, and the lens

/** Open the student's file at a step; its module is begun if need be. */
export async function goToStep(server: Server, { step, folder }: StepParams): Promise<void> {
  const course = () => courseOf(server.trees, folder);
  const node = () => {
    const tree = course();
    return tree === undefined ? undefined : findStep(tree, step);
  };
  const tree = course();
  const module = tree === undefined ? undefined : moduleOf(tree, step);
  if (module === undefined) return;
  if (!module.begun) {
    const begin = argumentsOf({ step: module.id, ...(folder === undefined ? {} : { folder }) });
    await vscode.commands.executeCommand(serverCommands.beginModule, ...begin);
  }
  await server.refresh();
  const uri = node()?.uri ?? null;
  if (uri === null) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  const { selection } = editor;
  const { version } = document;
  const entry = await server.request<Entry | null>(requests.entry, { step, folder });
  const goneOn = document.version !== version || !editor.selection.isEqual(selection);
  if (!goneOn) await enter(editor, entry ?? undefined);
  await server.refresh();
}

/** The cursor where the student goes on writing, the scaffold folded, `def` and its lens in sight. */
async function enter(editor: vscode.TextEditor, entry: Entry | undefined): Promise<void> {
  const { line, character } = entry?.writing ?? { line: 0, character: 0 };
  const place = new vscode.Position(line, character);
  editor.selection = new vscode.Selection(place, place);
  const top = new vscode.Position(Math.max((entry?.head.start.line ?? 0) - ABOVE, 0), 0);
  editor.revealRange(new vscode.Range(top, top), vscode.TextEditorRevealType.AtTop);
  if (entry === undefined || entry.scaffolds.length === 0) return;
  const uri = editor.document.uri;
  await vscode.commands.executeCommand("vscode.executeFoldingRangeProvider", uri); // it has them now
  if (vscode.window.activeTextEditor !== editor) return;
  await vscode.commands.executeCommand("editor.fold", {
    levels: 1,
    direction: "down",
    selectionLines: [...entry.scaffolds],
  });
}

/** The step that a command is for: its arguments, the cursor's, or one that the student picks. */
async function chosenStep(
  server: Server,
  target: unknown,
  folder: unknown,
): Promise<StepParams | undefined> {
  if (typeof target === "string") return paramsFrom([target, folder]);
  if (isNode(target) && target.kind === "step") return paramsOf(target.tree, target.step.id);
  return (await stepHere(server)) ?? (server.tree && pickStep(server.tree));
}

async function pickStep(tree: CourseTree): Promise<StepParams | undefined> {
  const items = tree.modules.flatMap((module) =>
    module.steps.map((step) => ({
      label: step.title,
      description: `${step.id} · ${step.label}`,
      id: step.id,
    })),
  );
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Which step?"),
    matchOnDescription: true,
  });
  return picked && paramsOf(tree, picked.id);
}

/** The arguments of a command on a module that the student picks. */
async function chosenModule(server: Server): Promise<string[] | undefined> {
  const tree = server.tree;
  if (tree === undefined) return undefined;
  const items = tree.modules.map((module) => ({
    label: module.title,
    description: `${module.passed}/${module.total}`,
    id: module.id,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Which module?"),
  });
  return picked && argumentsOf(paramsOf(tree, picked.id));
}

function moduleTarget(target: unknown): string[] | undefined {
  if (typeof target === "string") return [target];
  if (!isNode(target) || target.kind !== "module") return undefined;
  return argumentsOf(paramsOf(target.tree, target.module.id));
}

function isNode(target: unknown): target is Node {
  return typeof target === "object" && target !== null && "kind" in target;
}
