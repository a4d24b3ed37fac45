/** How far the course in this window is: menus and the welcome of an empty tree go by it. */

import * as vscode from "vscode";
import type { CourseTree } from "./protocol";
import type { Server } from "./server";

/** `stopped`: a course is here, and its server is not. */
export type Stage = "starting" | "course" | "stopped" | "none";

export function stageOf(server: Pick<Server, "starting" | "tree">, here: boolean): Stage {
  if (typeof server.tree?.folder === "string") return "course";
  if (server.starting) return "starting";
  return here && server.tree === undefined ? "stopped" : "none";
}

/** The student's files that have steps in them, as `resourcePath` of a menu's clause names them. */
function filesOf(trees: readonly CourseTree[]): string[] {
  const steps = trees.flatMap(({ modules }) => modules.flatMap((module) => module.steps));
  const uris = steps.flatMap(({ uri }) => uri ?? []);
  return [...new Set(uris)].map((uri) => vscode.Uri.parse(uri).fsPath);
}

/** Tell VS Code of it now and whenever it changes; `here` says whether there is a course at all. */
export function registerStage(server: Server, here: boolean): vscode.Disposable {
  const told = new Map<string, string>();
  const set = (key: string, value: unknown) => {
    const text = JSON.stringify(value);
    if (told.get(key) === text) return;
    told.set(key, text);
    void vscode.commands.executeCommand("setContext", key, value);
  };
  const tell = () => {
    const stage = stageOf(server, here);
    set("tinytorch.stage", stage);
    set("tinytorch.hasCourse", stage === "course");
    set("tinytorch.files", filesOf(server.trees));
  };
  tell();
  return server.onDidChange(tell);
}
