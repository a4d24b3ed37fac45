/** Starts the course: an interpreter, a folder, the server, the first step. */

import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { goToStep } from "./commands";
import { courseOf, paramsOf } from "./course";
import type { Interpreter } from "./interpreter";
import { ISOLATED, run } from "./python";
import type { Server } from "./server";

const MAKE = vscode.l10n.t("Set it up");

export class Start {
  constructor(
    private readonly server: Server,
    private readonly interpreter: Interpreter,
  ) {}

  /** Connect to the course in this window; in a trusted one, offer an environment if none is ready. */
  async connect(): Promise<void> {
    if ((await this.server.restart()) || !vscode.workspace.isTrusted) return;
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t("TinyTorch needs a Python environment with the course in it."),
      MAKE,
    );
    if (answer === MAKE && (await this.interpreter.findOrMake()) !== undefined) {
      await this.server.restart();
    }
  }

  /** The student's way in: everything up to the first TODO. */
  async run(): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      const why = vscode.l10n.t(
        "This window is not trusted, so no course is started in it. Trust it first.",
      );
      void vscode.window.showWarningMessage(why, vscode.l10n.t("Manage trust")).then((answer) => {
        if (answer !== undefined) void vscode.commands.executeCommand("workbench.trust.manage");
      });
      return;
    }
    const folder = await chooseFolder();
    if (folder === undefined) return;
    const python = await this.interpreter.findOrMake();
    if (python === undefined) return;
    const made = await run(python, [...ISOLATED, "-m", "tinytorch_ls", "start", folder]);
    if (!made.ok) {
      void vscode.window.showErrorMessage(made.output);
      return;
    }
    if (vscode.workspace.workspaceFolders?.some((each) => each.uri.fsPath === folder)) {
      await this.server.restart();
      const tree = courseOf(this.server.trees, folder) ?? this.server.tree;
      if (typeof tree?.next === "string") await goToStep(this.server, paramsOf(tree, tree.next));
    } else {
      await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(folder));
    }
  }
}

/** The folder for the student's code: this one, or another. */
async function chooseFolder(): Promise<string | undefined> {
  const here = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const home = path.join(os.homedir(), "my-course");
  const places = [
    ...(here === undefined ? [] : [{ label: vscode.l10n.t("In this folder"), detail: here }]),
    { label: vscode.l10n.t("In a new folder"), detail: home },
    { label: vscode.l10n.t("Choose a folder…"), detail: "" },
  ];
  const picked = await vscode.window.showQuickPick(places, {
    placeHolder: vscode.l10n.t("Where should your code live?"),
  });
  if (picked === undefined || picked.detail !== "") return picked?.detail;
  const chosen = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: vscode.l10n.t("Start the course here"),
  });
  return chosen?.[0]?.fsPath;
}
