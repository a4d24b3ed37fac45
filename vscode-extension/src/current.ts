/** Keeps the tree at the step that is worked on: the cursor's, or the page that was turned to. */

import * as vscode from "vscode";
import { LANGUAGES } from "./course";
import type { LessonTree, Node } from "./lessonTree";
import type { LessonView } from "./lessonView";
import { type PageParams, requests, type StepParams } from "./protocol";
import type { Server } from "./server";

const PAUSE_MS = 150;

export function registerCurrent(
  server: Server,
  lessons: LessonView,
  tree: LessonTree,
  view: vscode.TreeView<Node>,
): vscode.Disposable {
  let current: PageParams | undefined;
  let timer: NodeJS.Timeout | undefined;
  const show = () => {
    const node = current === undefined || !view.visible ? undefined : tree.nodeOf(current);
    if (node === undefined || isSelected(view, node)) return;
    // A row that the filter hides, or that is gone by now, can't be shown.
    view.reveal(node, { select: true, focus: false }).then(undefined, () => undefined);
  };
  const go = (to: PageParams) => {
    current = to;
    show();
  };
  const follow = (editor: vscode.TextEditor) => {
    if (!LANGUAGES.includes(editor.document.languageId)) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const place = { uri: editor.document.uri.toString(), line: editor.selection.active.line };
      const step = await server.request<StepParams | null>(requests.stepAt, place);
      if (step) go(step);
    }, PAUSE_MS);
  };
  return vscode.Disposable.from(
    lessons.onDidTurn(go),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
      if (kind !== undefined) follow(textEditor); // none: it was so before a reload
    }),
    view.onDidChangeVisibility(show),
    { dispose: () => clearTimeout(timer) },
  );
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
