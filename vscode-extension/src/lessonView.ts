/** The explanation beside the code: one virtual Markdown document, shown by VS Code's own preview. */

import * as vscode from "vscode";
import { stepAt } from "./course";
import { type Lesson, type Picture, requests, type StepParams } from "./protocol";
import type { Server } from "./server";

const SCHEME = "tinytorch-lesson";
const PAUSE_MS = 150;

/** What the view shows: the lesson of a step, or of a whole module. */
type Shown = StepParams | { readonly module: string };

export class LessonView implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly uri = vscode.Uri.from({ scheme: SCHEME, path: "/Lesson.md" });
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  private readonly parts: vscode.Disposable[];
  private markdown = "";
  private shown: Shown | undefined;
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.emitter.event;

  constructor(private readonly server: Server) {
    this.parts = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.follow(textEditor)),
      server.onDidPass(({ step }) => {
        if (isSame({ step }, this.shown) && this.shown !== undefined) void this.load(this.shown);
      }),
    ];
  }

  provideTextDocumentContent(): string {
    return this.markdown;
  }

  /** Show a lesson beside the code; the code keeps the focus. */
  async show(what: Shown): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    await this.load(what);
    await vscode.commands.executeCommand("markdown.showLockedPreviewToSide", this.uri);
    if (editor !== undefined) {
      await vscode.window.showTextDocument(editor.document, {
        viewColumn: editor.viewColumn ?? vscode.ViewColumn.One,
        selection: editor.selection,
      });
    }
  }

  /** Turn to a step that was gone to, as to one that the cursor is in. */
  turnTo(step: StepParams): void {
    if (this.follows() && !isSame(step, this.shown)) void this.load(step);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const part of this.parts) part.dispose();
    this.emitter.dispose();
  }

  private async load(what: Shown): Promise<void> {
    this.shown = what;
    const params = "step" in what ? { step: what.step } : { module: what.module };
    const lesson = await this.server.request<Lesson>(requests.lesson, params);
    if (lesson === undefined || this.shown !== what) return;
    await this.replace(lesson.markdown);
    if (!("step" in what)) return;
    const picture = await this.server.request<Picture | null>(requests.picture, what);
    if (!picture || this.shown !== what) return;
    await this.replace(`${lesson.markdown}\n\n${drawn(picture)}`);
  }

  /** VS Code forgets a virtual document after three minutes; one that it has lost never changes. */
  private async replace(markdown: string): Promise<void> {
    await vscode.workspace.openTextDocument(this.uri);
    this.markdown = markdown;
    this.emitter.fire(this.uri);
  }

  private follow(editor: vscode.TextEditor): void {
    if (!this.follows()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { document, selection } = editor;
      const step = stepAt(this.server.trees, document.uri.toString(), selection.active.line);
      if (step !== undefined) this.turnTo(step);
    }, PAUSE_MS);
  }

  /** Whether a lesson was opened, and is to go along with the code. */
  private follows(): boolean {
    const settings = vscode.workspace.getConfiguration("tinytorch");
    return this.shown !== undefined && settings.get("explainFollowsCursor", true);
  }
}

function isSame(one: StepParams, other: Shown | undefined): boolean {
  if (other === undefined || !("step" in other) || one.step !== other.step) return false;
  return (one.folder ?? other.folder) === (other.folder ?? one.folder);
}

/** The picture that the student's own code drew, with its caption. */
function drawn({ png, caption }: Picture): string {
  return `## Drawn by your code\n\n![${caption}](data:image/png;base64,${png})\n\n*${caption}*`;
}
