/** What a student wrote beside what the library has in its place, in VS Code's own diff. */

import * as vscode from "vscode";
import { titleOf } from "./course";
import { type Reference, requests, type StepParams } from "./protocol";
import type { Server } from "./server";

const SCHEME = "tinytorch-reference";

export class Comparison implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private readonly texts = new Map<string, string>();
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.emitter.event;

  constructor(private readonly server: Server) {
    this.registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  /** Open the diff of a step that passes. */
  async show(step: StepParams): Promise<void> {
    const found = await this.server.request<Reference | null>(requests.reference, step);
    if (!found) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("The reference can be compared with once the step passes."),
      );
      return;
    }
    const file = vscode.Uri.parse(found.uri);
    const reference = vscode.Uri.from({ scheme: SCHEME, path: file.path });
    this.texts.set(reference.path, found.text);
    this.emitter.fire(reference);
    const title = vscode.l10n.t("{0}: the reference ↔ yours", titleOf(this.server.trees, step));
    const place = { viewColumn: vscode.ViewColumn.One };
    await vscode.commands.executeCommand("vscode.diff", reference, file, title, place);
  }

  dispose(): void {
    this.registered.dispose();
    this.emitter.dispose();
  }
}
