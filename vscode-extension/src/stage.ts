/** How far the course in this window is: menus and the welcome of an empty tree go by it. */

import * as vscode from "vscode";
import type { Server } from "./server";

/** `stopped`: a course is here, and its server is not. */
export type Stage = "starting" | "course" | "stopped" | "none";

export function stageOf(server: Pick<Server, "starting" | "tree">, here: boolean): Stage {
  if (typeof server.tree?.folder === "string") return "course";
  if (server.starting) return "starting";
  return here && server.tree === undefined ? "stopped" : "none";
}

/** Tell VS Code of it now and whenever it changes; `here` says whether there is a course at all. */
export function registerStage(server: Server, here: boolean): vscode.Disposable {
  let told: Stage | undefined;
  const tell = () => {
    const stage = stageOf(server, here);
    if (stage === told) return;
    told = stage;
    void vscode.commands.executeCommand("setContext", "tinytorch.stage", stage);
    void vscode.commands.executeCommand("setContext", "tinytorch.hasCourse", stage === "course");
  };
  tell();
  return server.onDidChange(tell);
}
