import { beforeEach, describe, expect, it, vi } from "vitest";
import { registerCompletions, TOGGLE_COMPLETIONS } from "../src/completions";
import type { CourseTree } from "../src/protocol";
import type { Server } from "../src/server";
import { tree } from "./trees";
import { EventEmitter } from "./vscode";

type Level = "global" | "folder";

const host = vi.hoisted(() => ({
  setting: {} as Partial<Record<Level, boolean>>,
  folders: ["/c"],
  active: "/c/tinytorch/tensor.py" as string | undefined,
  item: { text: "", shown: false, show: () => undefined, hide: () => undefined } as {
    text: string;
    shown: boolean;
    show: () => void;
    hide: () => void;
  },
  commands: new Map<string, () => Promise<void>>(),
  uri: (fsPath: string) => ({ fsPath }),
}));

const folder = (path: string) => ({ uri: host.uri(path), index: host.folders.indexOf(path) });

vi.mock("vscode", async (original) => ({
  ...(await original<object>()),
  Disposable: { from: () => undefined },
  StatusBarAlignment: { Right: 2 },
  ConfigurationTarget: { WorkspaceFolder: 3 },
  Uri: { file: host.uri },
  window: {
    createStatusBarItem: () => host.item,
    onDidChangeActiveTextEditor: () => undefined,
    get activeTextEditor() {
      return host.active === undefined ? undefined : { document: { uri: host.uri(host.active) } };
    },
  },
  workspace: {
    get workspaceFolders() {
      return host.folders.map(folder);
    },
    getWorkspaceFolder: ({ fsPath }: { fsPath: string }) =>
      host.folders.map(folder).find((each) => fsPath.startsWith(`${each.uri.fsPath}/`)),
    getConfiguration: () => ({
      get: () => host.setting.folder ?? host.setting.global ?? true,
      inspect: () => ({
        globalValue: host.setting.global,
        workspaceFolderValue: host.setting.folder,
      }),
      update: async (_key: string, value: boolean) => {
        host.setting.folder = value;
      },
    }),
    onDidChangeConfiguration: () => undefined,
  },
  commands: {
    registerCommand: (name: string, handler: () => Promise<void>) =>
      host.commands.set(name, handler),
  },
}));

function serving(course: CourseTree = tree) {
  const changed = new EventEmitter<CourseTree>();
  registerCompletions({ trees: [course], onDidChange: changed.event } as unknown as Server);
  return async () => {
    changed.fire(course);
    await new Promise(setImmediate);
  };
}

const toggle = () => host.commands.get(TOGGLE_COMPLETIONS)?.();

beforeEach(() => {
  Object.assign(host, { setting: {}, folders: ["/c"], active: "/c/tinytorch/tensor.py" });
  Object.assign(host.item, {
    text: "",
    shown: false,
    show: () => Object.assign(host.item, { shown: true }),
    hide: () => Object.assign(host.item, { shown: false }),
  });
});

describe("completions in a course's folder", () => {
  it("are off until the student turns them on, and stay on then", async () => {
    const change = serving();
    await change();
    expect(host.setting).toEqual({ folder: false });
    expect(host.item.text).toContain("Completions off");
    await toggle();
    await change();
    expect(host.setting).toEqual({ folder: true });
    expect(host.item.text).toContain("Completions on");
  });

  it("are left as they are where somebody has decided", async () => {
    host.setting = { folder: true };
    await serving()();
    expect(host.setting).toEqual({ folder: true });
    host.setting = { global: false };
    await serving()();
    expect(host.setting).toEqual({ global: false });
  });

  it("are not touched in a folder that holds other work, or is not trusted", async () => {
    host.folders = ["/"];
    await serving()();
    host.folders = ["/c"];
    await serving({ ...tree, trusted: false })();
    expect(host.setting).toEqual({});
    expect(host.item.shown).toBe(false);
  });

  it("show their switch beside the course's own files only", async () => {
    host.active = "/elsewhere/notes.md";
    await serving()();
    expect(host.item.shown).toBe(false);
  });
});
