/** Debugs a step: a debug type of our own over debugpy, so that no other extension is needed. */

import * as vscode from "vscode";
import { type DebugConfiguration, requests, type StepParams } from "./protocol";
import { ISOLATED, WORKING_FOLDER } from "./python";
import type { Server } from "./server";

const TYPE = "tinytorch";

export function registerDebugging(server: Server): vscode.Disposable {
  return vscode.Disposable.from(
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
  await vscode.workspace.saveAll(false);
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

async function resolve(
  server: Server,
  configuration: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
  const { step, folder } = configuration;
  const params = folder === undefined ? { step } : { step, folder };
  const answer = await server.request<DebugConfiguration | null>(
    requests.debugConfiguration,
    params,
  );
  if (answer === undefined || answer === null) return undefined;
  if (answer.breakpoint !== null) stopAt(answer.breakpoint);
  return {
    ...configuration,
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
