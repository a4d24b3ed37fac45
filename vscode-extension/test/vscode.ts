/** As much of the vscode module as the unit tests touch. */

import type { Memento } from "vscode";

export class EventEmitter<T> {
  private readonly listeners: ((value: T) => void)[] = [];
  readonly event = (listener: (value: T) => void) => {
    this.listeners.push(listener);
    return { dispose: () => undefined };
  };
  fire(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
  dispose(): void {}
}

export class TreeItem {
  id?: string;
  description?: string;
  contextValue?: string;
  accessibilityInformation?: { label: string };
  iconPath?: ThemeIcon;
  command?: { command: string; arguments: unknown[] };
  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };

/** English, with the parts put in. */
export const l10n = {
  t: (text: string, ...parts: readonly unknown[]) =>
    text.replace(/\{(\d+)\}/g, (_, number) => String(parts[Number(number)])),
};

/** What was shown, run and registered, and how the student answers. */
export const seen = {
  messages: [] as string[],
  status: [] as string[],
  tasks: [] as Task[],
  executed: [] as unknown[][],
  commands: new Map<string, (...args: unknown[]) => unknown>(),
  answer: undefined as string | undefined,
};

export class ProcessExecution {
  constructor(
    readonly process: string,
    readonly args: readonly string[],
    readonly options?: { cwd?: string },
  ) {}
}

export class Task {
  constructor(
    readonly definition: object,
    readonly scope: number,
    readonly name: string,
    readonly source: string,
    readonly execution: ProcessExecution,
  ) {}
}

export const TaskScope = { Workspace: 2 };
export const taskEnd = new EventEmitter<{ execution: Task; exitCode: number }>();

export const tasks = {
  onDidEndTaskProcess: taskEnd.event,
  executeTask: async (task: Task) => {
    seen.tasks.push(task);
    return task;
  },
};

async function say(text: string): Promise<string | undefined> {
  seen.messages.push(text);
  return seen.answer;
}

export const window = {
  activeTextEditor: undefined as object | undefined,
  showWarningMessage: say,
  showErrorMessage: say,
  showInformationMessage: say,
  onDidChangeTextEditorSelection: () => ({ dispose: () => undefined }),
  setStatusBarMessage: (text: string) => seen.status.push(text),
};

export const commands = {
  registerCommand: (name: string, handler: (...args: unknown[]) => unknown) => {
    seen.commands.set(name, handler);
    return { dispose: () => undefined };
  },
  executeCommand: async (...call: unknown[]) => {
    seen.executed.push(call);
  },
};

/** What a test has set, by name. */
export const settings = new Map<string, unknown>();

export const workspace = {
  getConfiguration: (section: string) => ({
    get: (name: string, otherwise: unknown) => settings.get(`${section}.${name}`) ?? otherwise,
  }),
};

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(line: number, character: number, endLine: number, endCharacter: number) {
    this.start = new Position(line, character);
    this.end = new Position(endLine, endCharacter);
  }
}

export const Uri = { parse: (text: string) => ({ text, toString: () => text }) };

export class Location {
  constructor(
    readonly uri: object,
    readonly range: Range,
  ) {}
}

export class MarkdownString {
  value = "";
  appendText(text: string): this {
    this.value += text;
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export class TestMessage {
  expectedOutput?: string;
  actualOutput?: string;
  location?: Location;
  stackTrace?: TestMessageStackFrame[];
  constructor(readonly message: MarkdownString) {}
  static diff(message: MarkdownString, expected: string, actual: string): TestMessage {
    return Object.assign(new TestMessage(message), {
      expectedOutput: expected,
      actualOutput: actual,
    });
  }
}

export class TestMessageStackFrame {
  constructor(
    readonly label: string,
    readonly uri: object,
    readonly position: Position,
  ) {}
}

export const TestRunProfileKind = { Run: 1, Debug: 2 };

export class TestRunRequest {
  constructor(readonly include?: readonly object[]) {}
}

class Items extends Map<string, TestItem> {
  replace(items: readonly TestItem[]): void {
    this.clear();
    for (const item of items) this.set(item.id, item);
  }
}

interface TestItem {
  readonly id: string;
  readonly label: string;
  readonly children: Items;
  range?: Range;
}

export class TestTag {
  constructor(readonly id: string) {}
}

/** What test runs were told, a line each, and the items and profiles that there are. */
export const tested = {
  items: new Items(),
  told: [] as string[],
  messages: [] as TestMessage[],
  profiles: new Map<string, (request: TestRunRequest, token: object) => Promise<void>>(),
};

export const tests = {
  createTestController: () => ({
    items: tested.items,
    createTestItem: (id: string, label: string) => ({ id, label, children: new Items() }),
    createRunProfile: (
      name: string,
      _kind: number,
      handler: (request: TestRunRequest, token: object) => Promise<void>,
    ) => {
      tested.profiles.set(name, handler);
      return { dispose: () => undefined };
    },
    createTestRun: () => ({
      enqueued: () => undefined,
      started: () => undefined,
      passed: (item: TestItem) => tested.told.push(`passed ${item.label}`),
      skipped: (item: TestItem) => tested.told.push(`skipped ${item.label}`),
      failed: (item: TestItem, message: TestMessage) => {
        tested.told.push(`failed ${item.label}`);
        tested.messages.push(message);
      },
      appendOutput: () => undefined,
      end: () => tested.told.push("end"),
    }),
    dispose: () => undefined,
  }),
};

/** What an extension keeps. */
export function memory(): Memento {
  const kept = new Map<string, unknown>();
  return {
    keys: () => [...kept.keys()],
    get: (key: string, other?: unknown) => kept.get(key) ?? other,
    update: async (key: string, value: unknown) => void kept.set(key, value),
  };
}
