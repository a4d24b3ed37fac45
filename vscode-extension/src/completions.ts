/**
 * The switch of the completions that assistants offer while one types: off in a course's folder, until the
 * student turns them on. The editor's own setting of that folder is all that is remembered.
 */

import * as vscode from "vscode";
import type { Server } from "./server";

const SECTION = "editor.inlineSuggest";
const ENABLED = "enabled";
export const TOGGLE_COMPLETIONS = "tinytorch.toggleCompletions";

export function registerCompletions(server: Server): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "tinytorch.completions",
    vscode.StatusBarAlignment.Right,
    90,
  );
  item.name = vscode.l10n.t("TinyTorch: Completions");
  item.command = TOGGLE_COMPLETIONS;
  const show = () => {
    const folder = courseFolders(server).find((each) => holds(each, activeUri()));
    if (folder === undefined) {
      item.hide();
      return;
    }
    const on = isOn(folder);
    item.text = on
      ? `$(sparkle) ${vscode.l10n.t("Completions on")}`
      : `$(circle-slash) ${vscode.l10n.t("Completions off")}`;
    item.tooltip = on
      ? vscode.l10n.t(
          "Assistants may complete your code while you type. Select to turn that off in this folder.",
        )
      : vscode.l10n.t(
          "Assistants don't complete your code while you type, so that what you build is yours. Select to turn completions on in this folder.",
        );
    item.show();
  };
  return vscode.Disposable.from(
    item,
    vscode.commands.registerCommand(TOGGLE_COMPLETIONS, () => toggle(server)),
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SECTION)) show();
    }),
    server.onDidChange(async () => {
      await Promise.all(courseFolders(server).map(decide));
      show();
    }),
  );
}

/** Turn them off in a folder where nobody has decided yet. */
async function decide(folder: vscode.WorkspaceFolder): Promise<void> {
  const setting = settingOf(folder);
  const known = setting.inspect<boolean>(ENABLED);
  const decided = known?.workspaceFolderValue ?? known?.workspaceValue;
  if (decided !== undefined || !isOn(folder)) return;
  await setting.update(ENABLED, false, vscode.ConfigurationTarget.WorkspaceFolder);
}

async function toggle(server: Server): Promise<void> {
  const folders = courseFolders(server);
  const folder = folders.find((each) => holds(each, activeUri())) ?? folders[0];
  if (folder === undefined) return;
  const target = vscode.ConfigurationTarget.WorkspaceFolder;
  await settingOf(folder).update(ENABLED, !isOn(folder), target);
}

function isOn(folder: vscode.WorkspaceFolder): boolean {
  return settingOf(folder).get<boolean>(ENABLED, true);
}

function settingOf(folder: vscode.WorkspaceFolder): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION, folder.uri);
}

/** The folders of this window that are a trusted course's own: another may hold other work too. */
function courseFolders(server: Server): vscode.WorkspaceFolder[] {
  const courses = server.trees.flatMap(({ folder, trusted }) =>
    folder !== null && trusted ? [vscode.Uri.file(folder).fsPath] : [],
  );
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => courses.includes(uri.fsPath));
}

function activeUri(): vscode.Uri | undefined {
  return vscode.window.activeTextEditor?.document.uri;
}

function holds(folder: vscode.WorkspaceFolder, uri: vscode.Uri | undefined): boolean {
  return uri !== undefined && vscode.workspace.getWorkspaceFolder(uri)?.index === folder.index;
}
