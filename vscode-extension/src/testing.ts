/** The steps of a course in the Test Explorer and the gutter: the server tests, and says what came of it. */

import * as vscode from "vscode";
import { argumentsOf, paramsOf } from "./course";
import {
  type CourseTree,
  clientCommands,
  type ModuleNode,
  type Page,
  type Result,
  requests,
  type StepNode,
  serverCommands,
} from "./protocol";
import type { Server } from "./server";
import { messageOf, outputOf, rangeOf } from "./testMessages";

/** Of steps in whose code a debugger stops. */
const DEBUGS = new vscode.TestTag("debugs");

/** A step as the tree has it now, and what stands for it in the explorer. */
interface Shown {
  readonly tree: CourseTree;
  readonly step: StepNode;
  readonly item: vscode.TestItem;
}

export class Testing implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("tinytorch", "TinyTorch");
  private readonly parts: vscode.Disposable[];
  private readonly running = new Map<string, vscode.TestRun>(); // by step: the student's own runs
  private readonly told = new Map<string, string>(); // by step: what was shown last
  private shown = new Map<string, Shown>();
  private following: Promise<void> = Promise.resolve();

  constructor(private readonly server: Server) {
    const { Run, Debug } = vscode.TestRunProfileKind;
    const run = (request: vscode.TestRunRequest, token: vscode.CancellationToken) =>
      this.run(request, token);
    this.parts = [
      this.controller,
      this.controller.createRunProfile("Run", Run, run, true),
      this.controller.createRunProfile(
        "Debug",
        Debug,
        (request) => this.debug(request),
        true,
        DEBUGS,
      ),
      server.onDidChange(() => this.update()),
    ];
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  /** Show the tree as it is now, then what has changed of its results. */
  private update(): void {
    this.shown = this.place();
    for (const id of this.told.keys()) if (!this.shown.has(id)) this.told.delete(id);
    for (const [id, { step, item }] of this.shown) {
      if (step.running) this.running.get(id)?.started(item);
    }
    this.following = this.following.then(() => this.follow());
  }

  /** Bring the items to the tree. A module that was not begun has nothing to test. */
  private place(): Map<string, Shown> {
    const found = new Map<string, Shown>();
    const modules: vscode.TestItem[] = [];
    for (const tree of this.server.trees) {
      for (const module of tree.modules.filter((each) => each.begun)) {
        const top = this.moduleItem(tree, module);
        const steps = module.steps.map((step, index) => {
          const item = this.stepItem(top, tree, step, index);
          found.set(item.id, { tree, step, item });
          return item;
        });
        if (isNew(top.children, steps)) top.children.replace(steps);
        modules.push(top);
      }
    }
    if (isNew(this.controller.items, modules)) this.controller.items.replace(modules);
    return found;
  }

  private moduleItem(tree: CourseTree, module: ModuleNode): vscode.TestItem {
    const id = `${tree.folder}:${module.id}`;
    const number = String(module.number).padStart(2, "0");
    const uri = module.steps.find((step) => step.uri !== null)?.uri;
    const item =
      this.controller.items.get(id) ??
      this.controller.createTestItem(
        id,
        `${number} ${module.title}`,
        uri ? vscode.Uri.parse(uri) : undefined,
      );
    item.sortText = number;
    item.tags = module.steps.some((step) => step.debugs) ? [DEBUGS] : [];
    return item;
  }

  private stepItem(
    top: vscode.TestItem,
    tree: CourseTree,
    step: StepNode,
    index: number,
  ): vscode.TestItem {
    const id = `${tree.folder}:${step.id}`;
    const uri = step.uri === null ? undefined : vscode.Uri.parse(step.uri);
    const item = top.children.get(id) ?? this.controller.createTestItem(id, step.title, uri);
    item.sortText = String(index).padStart(3, "0");
    item.range = rangeOf(step.range);
    item.description = step.label;
    item.tags = step.debugs ? [DEBUGS] : [];
    return item;
  }

  /** Show what saves have changed; runs of the student's own show theirs. */
  private async follow(): Promise<void> {
    const all = [...this.shown.values()];
    const busy = new Set(all.filter(({ step }) => step.running).map(({ item }) => item.parent?.id));
    const asked = all.filter(
      ({ step, item }) =>
        !step.running &&
        !this.running.has(item.id) &&
        isDue(step, this.told.get(item.id) ?? "todo", !busy.has(item.parent?.id)),
    );
    const results = await Promise.all(asked.map((each) => this.resultOf(each)));
    const news = asked
      .map((each, index) => ({ each, result: results[index] ?? null }))
      .filter(({ each, result }) => this.told.get(each.item.id) !== toldOf(each.step, result));
    if (news.length === 0) return;
    const items = news.map(({ each }) => each.item);
    const request = new vscode.TestRunRequest(items, undefined, undefined, false, true);
    const run = this.controller.createTestRun(request, "Saved", false);
    for (const { each, result } of news) this.tell(run, each, result);
    run.end();
  }

  private async run(
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const run = this.controller.createTestRun(request);
    const tops = request.include ?? [...this.controller.items].map(([, item]) => item);
    const left = new Set(request.exclude?.map(({ id }) => id));
    const steps = tops
      .flatMap((item) => this.stepsIn(item))
      .filter(({ item }) => !left.has(item.id));
    for (const { item } of steps) {
      run.enqueued(item);
      this.running.set(item.id, run);
    }
    try {
      for (const top of tops) await this.test(top, left, token);
      await this.server.refresh();
      for (const { item } of steps) await this.conclude(run, item, token);
    } finally {
      for (const { item } of steps) this.running.delete(item.id);
      run.end();
    }
  }

  /** Have a module tested at once, where none of its steps is left out, or a step. */
  private async test(
    item: vscode.TestItem,
    left: ReadonlySet<string>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (token.isCancellationRequested || left.has(item.id)) return;
    const children = [...item.children].map(([, child]) => child);
    if (children.some(({ id }) => left.has(id))) {
      for (const child of children) await this.test(child, left, token);
      return;
    }
    const found = this.shown.get(item.id) ?? this.shown.get(children[0]?.id ?? "");
    if (found === undefined) return;
    const id = item.id.slice(`${found.tree.folder}:`.length);
    const command = children.length === 0 ? serverCommands.runStep : serverCommands.runModule;
    await this.server.test(command, argumentsOf(paramsOf(found.tree, id)), token);
  }

  private async conclude(
    run: vscode.TestRun,
    item: vscode.TestItem,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const now = this.shown.get(item.id);
    if (now === undefined || token.isCancellationRequested) return;
    this.tell(run, now, await this.resultOf(now));
  }

  /** Debug one step: the first of those that were asked for. */
  private async debug(request: vscode.TestRunRequest): Promise<void> {
    const [first] = (request.include ?? []).flatMap((item) => this.stepsIn(item));
    if (first === undefined) return;
    const params = paramsOf(first.tree, first.step.id);
    await vscode.commands.executeCommand(clientCommands.debugStep, ...argumentsOf(params));
  }

  private stepsIn(item: vscode.TestItem): Shown[] {
    const ids = item.children.size === 0 ? [item.id] : [...item.children].map(([id]) => id);
    return ids.flatMap((id) => this.shown.get(id) ?? []);
  }

  /** What is to be said of a step that fails; of others their state says it. */
  private async resultOf({ tree, step }: Shown): Promise<Result | null> {
    if (step.state !== "failing") return null;
    const params = paramsOf(tree, step.id);
    const page = await this.server.request<Page>(requests.page, params).catch(() => undefined);
    return page?.result ?? null;
  }

  private tell(run: vscode.TestRun, { step, item }: Shown, result: Result | null): void {
    this.told.set(item.id, toldOf(step, result));
    run.appendOutput(outputOf(step, result), undefined, item);
    switch (step.state) {
      case "passed":
        run.passed(item);
        break;
      case "failing":
        run.failed(item, messageOf(step, result));
        break;
      case "todo":
      case "blocked":
      case "not run":
        run.skipped(item);
    }
  }
}

/** What is shown of a step, to be compared with what was. */
function toldOf(step: StepNode, result: Result | null): string {
  return result === null ? step.state : JSON.stringify(result);
}

/** Whether there may be news of a step; one that goes on failing may fail otherwise after a run:
 * `quiet` says that nothing of its module runs.
 */
function isDue(step: StepNode, told: string, quiet: boolean): boolean {
  const failed = told.startsWith("{");
  return step.state === "failing" ? quiet || !failed : told !== step.state;
}

function isNew(there: vscode.TestItemCollection, items: readonly vscode.TestItem[]): boolean {
  return there.size !== items.length || items.some((item) => there.get(item.id) !== item);
}
