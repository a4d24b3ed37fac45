/** What the server says beyond LSP; docs/protocol.md describes it. */

export type StepState = "todo" | "failing" | "passed" | "blocked";

export interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export interface StepNode {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  readonly running: boolean;
  readonly detail: string | null;
  readonly uri: string | null;
  readonly range: Range | null;
  readonly hints: { readonly shown: number; readonly total: number };
}

export interface ModuleNode {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly begun: boolean;
  readonly passed: number;
  readonly total: number;
  readonly steps: readonly StepNode[];
}

export interface CourseTree {
  readonly title: string;
  readonly folder: string | null;
  readonly trusted: boolean;
  readonly complaints: readonly { file: string; line: number; message: string }[];
  readonly modules: readonly ModuleNode[];
  readonly next: string | null;
}

export interface Lesson {
  readonly title: string;
  readonly markdown: string;
  readonly step: string | null;
}

export interface Picture {
  /** Base64. */
  readonly png: string;
  readonly caption: string;
}

export interface DebugConfiguration {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly python: string;
  readonly rules: readonly { path: string; include: boolean }[];
  readonly breakpoint: { readonly uri: string; readonly line: number } | null;
}

export interface StepPassed {
  readonly step: string;
  readonly title: string;
  readonly next: string | null;
  readonly moduleDone: boolean;
  readonly milestone: string | null;
}

/** The result of a command that changed files: those that are open and now unsaved. */
export interface Changed {
  readonly uris: readonly string[];
}

export const requests = {
  course: "tinytorch/course",
  lesson: "tinytorch/lesson",
  picture: "tinytorch/picture",
  debugConfiguration: "tinytorch/debugConfiguration",
} as const;

export const notifications = {
  courseChanged: "tinytorch/courseChanged",
  stepPassed: "tinytorch/stepPassed",
  trustGranted: "tinytorch/trustGranted",
} as const;

/** Commands that the server carries out; the language client registers them. */
export const serverCommands = {
  runStep: "tinytorch.runStep",
  runModule: "tinytorch.runModule",
  hint: "tinytorch.hint",
  resetStep: "tinytorch.resetStep",
  solveStep: "tinytorch.solveStep",
  undo: "tinytorch.undo",
  beginModule: "tinytorch.beginModule",
} as const;
