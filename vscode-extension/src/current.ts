/** The step that is worked on, the cursor's or the page that was turned to; the tree is kept at it. */

import * as vscode from "vscode";
import { LANGUAGES } from "./course";
import type { LessonTree, Node } from "./lessonTree";
import type { LessonView } from "./lessonView";
import { type PageParams, requests, type StepParams } from "./protocol";
import type { Server } from "./server";

const PAUSE_MS = 150;
const DRAWN_MS = 400;
const TRIES = 8;

export class Current implements vscode.Disposable {
  private readonly changedEmitter = new vscode.EventEmitter<PageParams>();
  private readonly parts: readonly vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private showing: NodeJS.Timeout | undefined;
  private shows = 0; // counts on with each row that is shown, and with each that is left
  private underWay = 0; // rows that VS Code was asked to show, and has not told that it does

  /** None before the first one since the window was opened. */
  page: PageParams | undefined;
  readonly onDidChange = this.changedEmitter.event;

  constructor(
    private readonly server: Server,
    lessons: LessonView,
    private readonly tree: LessonTree,
    private readonly view: vscode.TreeView<Node>,
  ) {
    this.parts = [
      this.changedEmitter,
      lessons.onDidTurn((to) => this.go(to)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        if (kind !== undefined) this.follow(textEditor); // none: it was so before a reload
      }),
      view.onDidChangeVisibility(() => this.showOnceDrawn()),
      // Either the row is shown by now, or the student has gone to another or folded it away.
      view.onDidChangeSelection(() => {
        if (this.underWay === 0) this.leave();
      }),
      view.onDidCollapseElement(() => this.leave()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.leave();
    for (const part of this.parts) part.dispose();
  }

  private go(to: PageParams): void {
    this.page = to;
    this.show();
    this.changedEmitter.fire(to);
  }

  /** Show no row any more. */
  private leave(): void {
    this.shows += 1;
    clearTimeout(this.showing);
  }

  /** A tree that is being drawn anew, as where a module begins, takes no row: then once more. */
  private show(tries = TRIES): void {
    this.leave();
    if (this.page === undefined || !this.view.visible || tries === 0) return;
    const node = this.tree.nodeOf(this.page);
    if (node === undefined) return;
    // While another row is under way, the selection is still the one from before it.
    if (this.underWay === 0 && isSelected(this.view, node)) return;
    const shown = this.shows;
    const again = () => {
      this.underWay -= 1;
      if (shown === this.shows) this.showOnceDrawn(tries - 1);
    };
    this.underWay += 1;
    // A row that the filter hides, or that is gone by now, can't be shown.
    this.view.reveal(node, { select: true, focus: false }).then(again, again);
  }

  /** Until the tree is drawn its selection is not known. Showing a row of it then brings the whole
   * view back to a student who has gone on to another one meanwhile. */
  private showOnceDrawn(tries = TRIES): void {
    this.leave();
    this.showing = setTimeout(() => this.show(tries), DRAWN_MS);
  }

  private follow(editor: vscode.TextEditor): void {
    if (!LANGUAGES.includes(editor.document.languageId)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const place = { uri: editor.document.uri.toString(), line: editor.selection.active.line };
      const step = await this.server.request<StepParams | null>(requests.stepAt, place);
      if (step) this.go(step);
    }, PAUSE_MS);
  }
}

function isSelected(view: vscode.TreeView<Node>, node: Node): boolean {
  const [selected] = view.selection;
  if (selected?.kind !== node.kind || selected.tree.folder !== node.tree.folder) return false;
  return nameOf(selected) === nameOf(node);
}

function nameOf(node: Node): string {
  switch (node.kind) {
    case "course":
      return "";
    case "module":
      return node.module.id;
    case "step":
      return node.step.id;
  }
}
