/** Which Python runs the course: the setting, the Python extension's choice, or one of our own. */

import * as path from "node:path";
import * as vscode from "vscode";
import { hasCourse, OwnEnvironment } from "./python";

interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(): { readonly path: string };
  };
}

export class Interpreter {
  private readonly own: OwnEnvironment;

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.own = new OwnEnvironment(
      path.join(context.globalStorageUri.fsPath, "python"),
      path.join(context.extensionPath, "wheel"),
    );
  }

  /** An interpreter that has the course, or undefined if none is ready. */
  async find(): Promise<string | undefined> {
    const chosen = vscode.workspace.getConfiguration("tinytorch").get("interpreter", "");
    if (chosen !== "") {
      if (await hasCourse(chosen)) return chosen;
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          "The interpreter in the setting tinytorch.interpreter has no course: {0}",
          chosen,
        ),
      );
    }
    const active = await pythonExtensionChoice();
    if (active !== undefined && (await hasCourse(active))) return active;
    return (await this.own.ready()) ? this.own.python : undefined;
  }

  /** As `find`, but makes an environment where there is none. Undefined: it can't, or was cancelled. */
  async findOrMake(): Promise<string | undefined> {
    return (await this.find()) ?? (await this.make());
  }

  private async make(): Promise<string | undefined> {
    const stop = new AbortController();
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: "TinyTorch",
      cancellable: true,
    };
    try {
      await vscode.window.withProgress(options, async (progress, token) => {
        token.onCancellationRequested(() => stop.abort());
        await this.own.make((message) => {
          this.log.info(message);
          progress.report({ message });
        }, stop.signal);
      });
      return this.own.python;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log.error(message);
      if (!stop.signal.aborted) void vscode.window.showErrorMessage(message);
      return undefined;
    }
  }
}

async function pythonExtensionChoice(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (extension === undefined) return undefined;
  const api = await extension.activate();
  return api.environments?.getActiveEnvironmentPath().path;
}

/** Ask for an interpreter and keep it in the setting. */
export async function chooseInterpreter(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("The Python that runs the course"),
    openLabel: vscode.l10n.t("Use this Python"),
    canSelectMany: false,
  });
  const file = picked?.[0]?.fsPath;
  if (file === undefined) return;
  if (!(await hasCourse(file))) {
    const advice = vscode.l10n.t(
      "{0} has no course. Install it with: {0} -I -m pip install tinytorch",
      file,
    );
    void vscode.window.showErrorMessage(advice);
    return;
  }
  const settings = vscode.workspace.getConfiguration("tinytorch");
  await settings.update("interpreter", file, vscode.ConfigurationTarget.Workspace);
}
