/** Debugs a step: a debug type of our own over debugpy, so that no other extension is needed. */

import * as vscode from "vscode";
import { LANGUAGES } from "./course";
import { type DebugConfiguration, requests, type StepParams } from "./protocol";
import { ISOLATED, WORKING_FOLDER } from "./python";
import type { Server } from "./server";

const TYPE = "tinytorch";
const NO_STEP = vscode.l10n.t(
  "There is no step at the cursor. Put it into a function of the course, or debug from the lesson.",
);

export function registerDebugging(
  server: Server,
  lessons: vscode.TreeView<unknown>,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.onDidStartDebugSession((session) => {
      if (session.type === TYPE) comeBackAfter(session, lessons);
    }),
    vscode.debug.registerDebugConfigurationProvider(TYPE, {
      resolveDebugConfiguration: (_folder, configuration) => resolve(server, configuration),
    }),
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, {
      createDebugAdapterDescriptor: (session) =>
        new vscode.DebugAdapterExecutable(
          String(session.configuration["python"]),
          [...ISOLATED, "-m", "debugpy.adapter"],
          { cwd: WORKING_FOLDER },
        ),
    }),
  );
}

/** Debug a step; it stops at the first statement of the student's function. */
export async function debugStep({ step, folder }: StepParams): Promise<void> {
  const configuration = {
    type: TYPE,
    request: "launch",
    name: vscode.l10n.t("Debug {0}", step),
    step,
    folder,
  };
  const workspace = vscode.workspace.workspaceFolders?.[0];
  await vscode.debug.startDebugging(workspace, configuration);
}

/** A configuration that names no step, as F5 gives where there is none, means the one at the cursor. */
async function resolve(
  server: Server,
  configuration: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
  const params =
    typeof configuration["step"] === "string" ? stepOf(configuration) : await stepHere(server);
  if (params === undefined || params === null) {
    void vscode.window.showInformationMessage(NO_STEP);
    return undefined;
  }
  await vscode.workspace.saveAll(false);
  const answer = await server.request<DebugConfiguration | null>(
    requests.debugConfiguration,
    params,
  );
  if (answer === undefined || answer === null) return undefined;
  if (answer.breakpoint !== null) stopAt(answer.breakpoint);
  return {
    ...configuration,
    type: TYPE,
    request: "launch",
    name: answer.name,
    internalConsoleOptions: "neverOpen", // so that the panel is as it was when all is over
    program: answer.program,
    args: [...answer.args],
    cwd: answer.cwd,
    env: { ...answer.env },
    rules: [...answer.rules],
    python: answer.python,
    console: "internalConsole",
    justMyCode: true,
    subProcess: false,
  };
}

/** The step that a configuration names. */
function stepOf({ step, folder }: vscode.DebugConfiguration): StepParams {
  return folder === undefined ? { step } : { step, folder };
}

/** The step in whose code the cursor is; null where there is none, undefined where there is no code. */
export async function stepHere(server: Server): Promise<StepParams | null | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || !LANGUAGES.includes(editor.document.languageId)) return undefined;
  const place = { uri: editor.document.uri.toString(), line: editor.selection.active.line };
  return server.request<StepParams | null>(requests.stepAt, place);
}

/** Once a session ends: close what it has opened, show the lessons and the code that were there. */
function comeBackAfter(session: vscode.DebugSession, lessons: vscode.TreeView<unknown>): void {
  const editor = vscode.window.activeTextEditor;
  const selection = editor?.selection; // as it is now: debugging moves it
  const wereOpen = new Set(openFiles().map(([uri]) => uri));
  const lessonsWereShown = lessons.visible;
  const ended = vscode.debug.onDidTerminateDebugSession(async (each) => {
    if (each !== session) return;
    ended.dispose();
    const opened = openFiles().filter(([uri, tab]) => !wereOpen.has(uri) && !tab.isDirty);
    await vscode.window.tabGroups.close(
      opened.map(([, tab]) => tab),
      true,
    );
    if (lessonsWereShown && !lessons.visible) {
      await vscode.commands.executeCommand("tinytorch.lessons.focus");
    }
    if (editor === undefined || selection === undefined) return;
    const viewColumn = editor.viewColumn ?? vscode.ViewColumn.One;
    await vscode.window.showTextDocument(editor.document, { viewColumn, selection });
  });
}

/** The files in the tabs of the window. */
function openFiles(): [string, vscode.Tab][] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .flatMap((tab): [string, vscode.Tab][] =>
      tab.input instanceof vscode.TabInputText ? [[tab.input.uri.toString(), tab]] : [],
    );
}

/** Set a breakpoint for one session, unless the student has one there. */
function stopAt(place: { uri: string; line: number }): void {
  const uri = vscode.Uri.parse(place.uri);
  const there = vscode.debug.breakpoints.some(
    (each) =>
      each instanceof vscode.SourceBreakpoint &&
      each.location.uri.toString() === uri.toString() &&
      each.location.range.start.line === place.line,
  );
  if (there) return;
  const location = new vscode.Location(uri, new vscode.Position(place.line, 0));
  const breakpoint = new vscode.SourceBreakpoint(location);
  vscode.debug.addBreakpoints([breakpoint]);
  const ended = vscode.debug.onDidTerminateDebugSession((session) => {
    if (session.type !== TYPE) return;
    vscode.debug.removeBreakpoints([breakpoint]);
    ended.dispose();
  });
}
