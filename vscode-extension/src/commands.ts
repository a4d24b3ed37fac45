/** The commands of the palette, the tree and the keyboard. */

import * as vscode from "vscode";
import type { Comparison } from "./compare";
import {
  argumentsOf,
  courseOf,
  findStep,
  moduleOf,
  nextStep,
  paramsFrom,
  paramsOf,
} from "./course";
import type { Current } from "./current";
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
import { foldScaffold, showAtTop } from "./sight";
import type { Start } from "./start";

export function registerCommands(
  server: Server,
  lessons: LessonView,
  current: Current,
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
    await lessons.turnTo(step); // one without code of its own has no line for the cursor
  };
  const commands: Record<string, (target: unknown, folder: unknown) => unknown> = {
    "tinytorch.startHere": () => start.run(),
    "tinytorch.runStepHere": onServer(serverCommands.runStep),
    "tinytorch.hintHere": onServer(serverCommands.hint),
    "tinytorch.resetHere": onStep(async (step) => {
      const args = argumentsOf(step);
      const reset = await vscode.commands.executeCommand(serverCommands.resetStep, ...args);
      if (reset && !isActive(server, step)) await go(step);
    }),
    "tinytorch.solveHere": onServer(serverCommands.solveStep),
    "tinytorch.tidyHere": onServer(serverCommands.tidyStep),
    "tinytorch.compareHere": onStep((step) => comparison.show(step)),
    "tinytorch.showThreadsHere": onStep((step) => lessons.showThreads(step)),
    "tinytorch.undoHere": () => vscode.commands.executeCommand(serverCommands.undo),
    "tinytorch.runModuleHere": async (target) => {
      const module = moduleTarget(target) ?? (await chosenModule(server));
      if (module !== undefined) {
        await vscode.commands.executeCommand(serverCommands.runModule, ...module);
      }
    },
    [clientCommands.debugStep]: onStep(debugStep),
    [clientCommands.explainStep]: onStep((step) => lessons.show(step)),
    [clientCommands.goToStep]: async (target, folder) => {
      const step = namedStep(target, folder) ?? (server.tree && (await pickStep(server.tree)));
      if (step !== undefined) await go(step);
    },
    "tinytorch.goToAwaited": onStep(async (step) => {
      const tree = courseOf(server.trees, step.folder);
      const awaited = tree === undefined ? null : (findStep(tree, step.step)?.waitsFor ?? null);
      if (tree !== undefined && awaited !== null) return go(paramsOf(tree, awaited));
      const words = vscode.l10n.t("This step waits for no other one.");
      void vscode.window.showInformationMessage(words);
    }),
    [clientCommands.showThreads]: onStep((step) => lessons.showThreads(step)),
    "tinytorch.nextStep": async () => {
      const here = current.page ?? (await stepHere(server)) ?? {};
      const tree = courseOf(server.trees, here.folder) ?? server.tree;
      const next = tree === undefined ? null : nextStep(tree, here);
      if (tree !== undefined && next !== null) await go(paramsOf(tree, next));
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

/** Whether a step's file is the one that is worked in: who types there keeps the place. */
function isActive(server: Server, { step, folder }: StepParams): boolean {
  const tree = courseOf(server.trees, folder);
  const uri = tree === undefined ? undefined : findStep(tree, step)?.uri;
  const active = vscode.window.activeTextEditor?.document.uri.toString();
  return typeof uri === "string" && vscode.Uri.parse(uri).toString() === active;
}

const STUB = /^(?:raise NotImplementedError\(.*\)|__trap\(\);.*)$/;

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
  editor.selection = new vscode.Selection(place, endOfStub(editor.document, place));
  showAtTop(editor, entry?.head.start.line ?? 0);
  if (entry !== undefined && entry.scaffolds.length > 0) await foldScaffold(editor, entry);
}

/** The end of the statement that says that a step is not written, so that typing takes its place. */
function endOfStub(document: vscode.TextDocument, place: vscode.Position): vscode.Position {
  const { text } = document.lineAt(place.line);
  const stub = STUB.exec(text.slice(place.character));
  return stub === null ? place : place.translate(0, stub[0].length);
}

/** The step that a command is for: its arguments, the cursor's, or one that the student picks. */
async function chosenStep(
  server: Server,
  target: unknown,
  folder: unknown,
): Promise<StepParams | undefined> {
  const named = namedStep(target, folder) ?? (await stepHere(server));
  return named ?? (server.tree && pickStep(server.tree));
}

/** The step that a command's arguments name; the palette gives none. */
function namedStep(target: unknown, folder: unknown): StepParams | undefined {
  if (typeof target === "string") return paramsFrom([target, folder]);
  if (isNode(target) && target.kind === "step") return paramsOf(target.tree, target.step.id);
  return undefined;
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
