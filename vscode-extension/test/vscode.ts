/** As much of the vscode module as the unit tests touch. */

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
  showWarningMessage: say,
  showErrorMessage: say,
  showInformationMessage: say,
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
