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

const ROW = { kind: "step", tree, step: tree.modules[1]?.steps[1] } as Node;

function stepOf(node: Node): string | undefined {
  return node.kind === "step" ? node.step.id : undefined;
}

/** A view of the tree, and what was asked of it. */
class View {
  readonly onDidChangeVisibility = new EventEmitter<unknown>();
  readonly onDidChangeSelection = new EventEmitter<unknown>();
  readonly onDidCollapseElement = new EventEmitter<unknown>();
  readonly turned = new EventEmitter<PageParams>();
  readonly revealed: Node[] = [];
  visible = true;
  selection: Node[] = [];
  /** Each row that was asked for is told at once, or once these are called. */
  slowly: (() => void)[] | undefined;

  constructor() {
    const server = { trees: [tree], onDidChange: () => undefined } as unknown as Server;
    const filter = { hidesPassed: false, onDidChange: () => ({ dispose: () => undefined }) };
    const view = {
      onDidChangeVisibility: this.onDidChangeVisibility.event,
      onDidChangeSelection: this.onDidChangeSelection.event,
      onDidCollapseElement: this.onDidCollapseElement.event,
      reveal: (node: Node) => {
        this.revealed.push(node);
        return new Promise<void>((told) => {
          if (this.slowly === undefined) told();
          else this.slowly.push(told);
        });
      },
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
    view.selection = [ROW];
    await vi.advanceTimersByTimeAsync(5000);
    expect(view.revealed).toHaveLength(0);
  });

  it("is shown again where one comes back to it before another row is drawn", async () => {
    view.selection = [ROW];
    view.slowly = [];
    view.turned.fire({ step: "tensor/create", module: "tensor", folder: "/c" });
    view.turned.fire(PAGE); // the selection is the one from before both
    expect(view.revealed.map(stepOf)).toEqual(["tensor/create", "tensor/add"]);
    view.selection = view.revealed.slice(0, 1);
    view.onDidChangeSelection.fire({}); // of the first, and the second is under way
    for (const told of view.slowly) told();
    await vi.advanceTimersByTimeAsync(500);
    expect(view.revealed.map(stepOf)).toEqual(["tensor/create", "tensor/add", "tensor/add"]);
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
