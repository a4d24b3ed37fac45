/** Doctor and update: what the course's own command line says and does, as commands of the editor. */

import * as vscode from "vscode";
import { argumentsOf, paramsOf } from "./course";
import type { Interpreter } from "./interpreter";
import { serverCommands } from "./protocol";
import { ISOLATED, type Ran, run } from "./python";
import type { Server } from "./server";

const ALL = vscode.l10n.t("Show all");
const UNDO = vscode.l10n.t("Undo");
const PROBLEM = "✗ ";
const CHANGED = "changed ";

export function registerUpkeep(
  server: Server,
  interpreter: Interpreter,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const tinytorch = (command: string) => inFolder(server, interpreter, command);
  return vscode.Disposable.from(
    vscode.commands.registerCommand("tinytorch.doctor", async () => {
      const ran = await tinytorch("doctor");
      if (ran !== undefined) await diagnose(ran, log);
    }),
    vscode.commands.registerCommand("tinytorch.update", async () => {
      await vscode.workspace.saveAll(false);
      const ran = await tinytorch("update");
      if (ran !== undefined) await sayWhatChanged(ran, server);
    }),
  );
}

/** Run a command of the course where the student's folder is; say so if no Python can. */
async function inFolder(
  server: Server,
  interpreter: Interpreter,
  command: string,
): Promise<Ran | undefined> {
  const python = server.python ?? (await interpreter.find());
  const folder = server.tree?.folder ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (python === undefined || folder === undefined) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t(
        "No Python with the course was found. *TinyTorch: Start the course* brings one.",
      ),
    );
    return undefined;
  }
  return run(python, [...ISOLATED, "-m", "tinytorch_ls", command], { cwd: folder });
}

async function diagnose(ran: Ran, log: vscode.LogOutputChannel): Promise<void> {
  log.info(`doctor\n${ran.output}`);
  const problems = linesWith(PROBLEM, ran.output);
  const [first] = problems;
  if (ran.ok) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("Nothing is wrong: the course has all it needs."),
    );
    return;
  }
  const count = problems.length > 1 ? ` (${vscode.l10n.t("{0} of {1}", 1, problems.length)})` : "";
  const said = first === undefined ? ran.output : `${first}.${count}`;
  const plain = said.replaceAll("`", ""); // a notification shows no Markdown
  if ((await vscode.window.showWarningMessage(plain, ALL)) === ALL) log.show();
}

async function sayWhatChanged(ran: Ran, server: Server): Promise<void> {
  if (!ran.ok) {
    void vscode.window.showErrorMessage(vscode.l10n.t("Nothing was updated: {0}", ran.output));
    return;
  }
  const files = linesWith(CHANGED, ran.output);
  if (files.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Your files are up to date."));
    return;
  }
  const said = vscode.l10n.t(
    "Brought to the installed course: {0}. What you wrote is as it was.",
    files.join(", "),
  );
  if ((await vscode.window.showInformationMessage(said, UNDO)) !== UNDO) return;
  const [, ...folder] = server.tree === undefined ? [] : argumentsOf(paramsOf(server.tree, ""));
  await vscode.commands.executeCommand(serverCommands.undo, ...folder);
}

function linesWith(mark: string, output: string): string[] {
  const lines = output.split(/\r?\n/).filter((line) => line.startsWith(mark));
  return lines.map((line) => line.slice(mark.length));
}
