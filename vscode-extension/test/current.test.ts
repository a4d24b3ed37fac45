import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { Current } from "../src/current";
import { LessonTree, type Node } from "../src/lessonTree";
import type { LessonView } from "../src/lessonView";
import type { PageParams } from "../src/protocol";
import type { Server } from "../src/server";
import { tree } from "./trees";
import { EventEmitter } from "./vscode";

const PAGE: PageParams = { step: "tensor/add", module: "tensor", folder: "/c" };

/** A view of the tree, and what was asked of it. */
class View {
  readonly onDidChangeVisibility = new EventEmitter<unknown>();
  readonly onDidChangeSelection = new EventEmitter<unknown>();
  readonly onDidCollapseElement = new EventEmitter<unknown>();
  readonly turned = new EventEmitter<PageParams>();
  readonly revealed: Node[] = [];
  visible = true;
  selection: Node[] = [];

  constructor() {
    const server = { trees: [tree], onDidChange: () => undefined } as unknown as Server;
    const filter = { hidesPassed: false, onDidChange: () => ({ dispose: () => undefined }) };
    const view = {
      onDidChangeVisibility: this.onDidChangeVisibility.event,
      onDidChangeSelection: this.onDidChangeSelection.event,
      onDidCollapseElement: this.onDidCollapseElement.event,
      reveal: async (node: Node) => void this.revealed.push(node),
    };
    Object.defineProperty(view, "visible", { get: () => this.visible });
    Object.defineProperty(view, "selection", { get: () => this.selection });
    const lessons = { onDidTurn: this.turned.event } as unknown as LessonView;
    const course = new LessonTree(server, filter);
    new Current(server, lessons, course, view as unknown as vscode.TreeView<Node>);
  }

  see(visible: boolean): void {
    this.visible = visible;
    this.onDidChangeVisibility.fire({ visible });
  }
}

describe("the row of the step that is worked on", () => {
  let view: View;
  beforeEach(() => {
    vi.useFakeTimers();
    view = new View();
  });

  it("is shown at once where one turns to its page, and again until it is selected", async () => {
    view.turned.fire(PAGE);
    expect(view.revealed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(view.revealed).toHaveLength(2);
    view.selection = view.revealed.slice(0, 1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(view.revealed).toHaveLength(2);
  });

  it("is not shown in a view that comes back with it selected, though it is drawn later", async () => {
    view.see(false);
    view.turned.fire(PAGE);
    view.see(true);
    expect(view.revealed).toHaveLength(0);
    view.selection = [{ kind: "step", tree, step: tree.modules[1]?.steps[1] } as Node];
    await vi.advanceTimersByTimeAsync(5000);
    expect(view.revealed).toHaveLength(0);
  });

  it("does not bring a view back that is left before it is drawn", async () => {
    view.see(false);
    view.turned.fire(PAGE);
    view.see(true);
    view.see(false);
    await vi.advanceTimersByTimeAsync(5000);
    expect(view.revealed).toHaveLength(0);
  });
});
