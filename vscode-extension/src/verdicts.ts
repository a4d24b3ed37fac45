/** Behind each marked line what came of the last test, dimmed: as a decoration, which wraps no line and stops no cursor. */

import * as vscode from "vscode";
import type { Marked, Server } from "./server";

/** What stands behind a line, counted from 0. */
export interface Verdict {
  readonly line: number;
  readonly text: string;
}

interface Told {
  /** The text that was tested. */
  readonly of: string;
  readonly verdicts: readonly Verdict[];
}

export class Verdicts implements vscode.Disposable {
  private readonly told = new Map<string, Told>();
  private readonly behind = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor("editorCodeLens.foreground"),
      margin: "0 0 0 2ch",
      width: "0", // it makes no line longer: one could scroll to what is cut at the edge
    },
  });
  private readonly parts: readonly vscode.Disposable[];

  constructor(server: Pick<Server, "starting" | "onDidChange" | "onDidMark">) {
    this.parts = [
      this.behind,
      server.onDidMark((marked) => this.take(marked)),
      server.onDidChange(() => {
        if (server.starting) this.forget();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.showIn(document)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.show(editors)),
      vscode.workspace.onDidChangeConfiguration(() => this.show(vscode.window.visibleTextEditors)),
    ];
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  private take({ uri, diagnostics }: Marked): void {
    const name = uri.toString();
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === name);
    if (document === undefined) {
      this.told.delete(name);
      return;
    }
    this.told.set(name, { of: document.getText(), verdicts: verdictsIn(diagnostics) });
    this.showIn(document);
  }

  /** What an earlier server said. */
  private forget(): void {
    this.told.clear();
    this.show(vscode.window.visibleTextEditors);
  }

  private showIn(document: vscode.TextDocument): void {
    this.show(vscode.window.visibleTextEditors.filter((editor) => editor.document === document));
  }

  private show(editors: readonly vscode.TextEditor[]): void {
    for (const editor of editors) {
      const { document } = editor;
      const told = this.told.get(document.uri.toString());
      const verdicts = told?.of === document.getText() && showsVerdicts() ? told.verdicts : [];
      const shown = verdicts.map(({ line, text }) => {
        const { end } = document.lineAt(line).range;
        return {
          range: new vscode.Range(end, end),
          renderOptions: { after: { contentText: text } },
        };
      });
      editor.setDecorations(this.behind, shown);
    }
  }
}

/** Whether a line has its verdict behind it. */
export function showsVerdicts(): boolean {
  return vscode.workspace.getConfiguration("tinytorch").get("verdictAtLine", true);
}

/** What the server has to say behind lines; a line has room for one. */
export function verdictsIn(diagnostics: readonly vscode.Diagnostic[]): Verdict[] {
  const byLine = new Map<number, Verdict>();
  for (const diagnostic of diagnostics) {
    const text = shortOf(diagnostic);
    const { line } = diagnostic.range.end;
    if (text !== "" && !byLine.has(line)) byLine.set(line, { line, text });
  }
  return [...byLine.values()];
}

/** The client keeps what the server says beyond the words of a diagnostic. */
function shortOf(diagnostic: vscode.Diagnostic & { data?: unknown }): string {
  const { data } = diagnostic;
  if (typeof data !== "object" || data === null || !("short" in data)) return "";
  return String(data.short);
}
