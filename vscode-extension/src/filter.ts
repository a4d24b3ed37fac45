/** Whether the tree hides what passes: a button of its title, remembered for the folder. */

import * as vscode from "vscode";

const KEY = "hidesPassed";

export class Filter implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly registered: vscode.Disposable;
  readonly onDidChange = this.emitter.event;

  constructor(private readonly memory: vscode.Memento) {
    this.registered = vscode.Disposable.from(
      vscode.commands.registerCommand("tinytorch.hidePassed", () => this.set(true)),
      vscode.commands.registerCommand("tinytorch.showPassed", () => this.set(false)),
    );
    this.tell();
  }

  get hidesPassed(): boolean {
    return this.memory.get(KEY, false);
  }

  dispose(): void {
    this.registered.dispose();
    this.emitter.dispose();
  }

  private async set(hides: boolean): Promise<void> {
    await this.memory.update(KEY, hides);
    this.tell();
    this.emitter.fire();
  }

  private tell(): void {
    void vscode.commands.executeCommand("setContext", "tinytorch.hidesPassed", this.hidesPassed);
  }
}
