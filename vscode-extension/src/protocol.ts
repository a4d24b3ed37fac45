/**
 * What the server says beyond LSP; docs/protocol.md describes it.
 * It mirrors tinytorch_ls/server/protocol.py: a test compares the two, name by name and type by type.
 */

import type { Position, Range } from "vscode-languageclient/node";

export type StepState = "todo" | "failing" | "passed" | "blocked" | "not run";

export interface CourseParams {
  readonly folder?: string;
}

export interface StepParams {
  readonly step: string;
  readonly folder?: string;
}

export interface PageParams {
  readonly step?: string;
  readonly module?: string;
  readonly folder?: string;
}

export interface PlaceParams {
  readonly uri: string;
  readonly line: number;
}

export interface HintCount {
  readonly shown: number;
  readonly total: number;
}

export interface StepNode {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  readonly running: boolean;
  /** The state in a word or three. */
  readonly label: string;
  /** What the last run said, in a sentence. */
  readonly detail: string | null;
  readonly uri: string | null;
  readonly range: Range | null;
  readonly hints: HintCount;
  /** Whether a debugger stops in its code. */
  readonly debugs: boolean;
  /** The step that has to be written or mended before. */
  readonly waitsFor: string | null;
}

/** What keeps the steps of a module from being run here. */
export interface Lack {
  readonly reason: string;
  /** The program that brings it, and its arguments; none if none does. */
  readonly install: readonly string[];
}

export interface ModuleNode {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly begun: boolean;
  readonly passed: number;
  readonly total: number;
  readonly lack: Lack | null;
  readonly steps: readonly StepNode[];
}

export interface LessonComplaint {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface CourseTree {
  readonly title: string;
  readonly folder: string | null;
  /** Of all courses that are served. */
  readonly folders: readonly string[];
  readonly trusted: boolean;
  readonly complaints: readonly LessonComplaint[];
  readonly modules: readonly ModuleNode[];
  readonly next: string | null;
}

export interface Lesson {
  readonly title: string;
  readonly markdown: string;
  readonly step: string | null;
}

/** A page that can be turned to. */
export interface PageRef {
  readonly title: string;
  /** None: the page of the module itself. */
  readonly step: string | null;
  readonly module: string;
}

/** A part of a page, as Markdown; the first has no title. */
export interface PagePart {
  readonly title: string;
  readonly markdown: string;
}

/** Something to think about, as Markdown, and its answer, which is folded at first. */
export interface PageQuestion {
  readonly question: string;
  readonly answer: string;
}

/** A value that a call got, as text. */
export interface Input {
  readonly name: string;
  readonly text: string;
}

/** One function of a step that has several. */
export interface FunctionResult {
  readonly name: string;
  readonly state: string;
  readonly sign: string;
}

/** What the last run of a step said, in parts: facts first, help apart. */
export interface Result {
  readonly state: StepState;
  /** One character, of what the label says. */
  readonly sign: string;
  readonly label: string;
  readonly running: boolean;
  /** Of computing, after which a run is stopped. */
  readonly seconds: number;
  /** One sentence; of a pass what it made possible. */
  readonly headline: string;
  readonly count: string;
  readonly functions: readonly FunctionResult[];
  readonly inputs: readonly Input[];
  readonly call: string;
  readonly got: string;
  readonly expected: string;
  readonly difference: string;
  readonly because: string;
  readonly mistake: string;
  /** Markdown. */
  readonly help: string;
  readonly output: string;
  /** Of the student's file that the failure is in. */
  readonly uri: string | null;
  readonly range: Range | null;
  /** The student's function that stands there, if one does. */
  readonly function: string;
  /** The line of the lesson that was not met. */
  readonly test: Place | null;
  /** The step that has to be written or mended before. */
  readonly waitsFor: PageRef | null;
}

/** What the lesson view shows of a step or of a module. */
export interface Page {
  readonly module: string;
  readonly number: number;
  readonly moduleTitle: string;
  readonly step: string | null;
  readonly title: string;
  /** Of the step in its module; 0 for the module's own page. */
  readonly position: number;
  readonly total: number;
  readonly passed: number;
  readonly milestone: string | null;
  readonly writes: boolean;
  readonly debugs: boolean;
  readonly parts: readonly PagePart[];
  readonly questions: readonly PageQuestion[];
  /** Markdown: those that were shown. */
  readonly hints: readonly string[];
  readonly rungs: number;
  readonly result: Result | null;
  readonly previous: PageRef | null;
  readonly following: PageRef | null;
}

/** The student's file with the library's code in place of a step's, below their own words. */
export interface Reference {
  readonly uri: string;
  readonly text: string;
}

export interface PictureParams {
  readonly step: string;
  readonly folder?: string;
  /** Of the sliders. */
  readonly values?: Readonly<Record<string, number>>;
  /** In the pads. */
  readonly strokes?: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** A number of a picture that can be changed, between two others. */
export interface Slider {
  readonly name: string;
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly value: number;
  readonly step: number;
}

/** A field of a picture that can be written in; a stroke is x, y, x, y… from 0 to 1. */
export interface Pad {
  readonly name: string;
  readonly label: string;
}

export interface Picture {
  /** Base64. */
  readonly png: string;
  readonly caption: string;
  readonly sliders: readonly Slider[];
  readonly pads: readonly Pad[];
}

/** One access by threads of the first block, all at once, and which elements they touched. */
export interface Turn {
  readonly line: number;
  readonly text: string;
  readonly array: string;
  readonly memory: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly itemsize: number;
  readonly width: number;
  readonly origin: number;
  readonly threads: readonly number[];
  readonly elements: readonly number[];
}

/** A launch turn by turn: what the threads of its first block touched. */
export interface ThreadMap {
  readonly kernel: string;
  readonly block: string;
  readonly threads: number;
  readonly turns: readonly Turn[];
  readonly source: string;
}

/** Whether the debugger steps into the files of a pattern. */
export interface PathRule {
  readonly path: string;
  readonly include: boolean;
}

export interface Place {
  readonly uri: string;
  readonly line: number;
}

/** How a step is opened: where its student goes on writing, and what is folded. */
export interface Entry {
  readonly uri: string;
  /** Of the first function, from `def` to the colon. */
  readonly head: Range;
  /** The placeholder of a stub, else where the code starts. */
  readonly writing: Position;
  /** The first lines of what is folded, counted from 0. */
  readonly scaffolds: readonly number[];
}

export interface DebugConfiguration {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly python: string;
  readonly rules: readonly PathRule[];
  readonly breakpoint: Place | null;
}

export interface StepPassed {
  readonly folder: string;
  readonly step: string;
  readonly title: string;
  /** A sentence: what the pass makes possible. */
  readonly unlocked: string;
  readonly next: string | null;
  readonly moduleDone: boolean;
  readonly milestone: string | null;
}

/** What the student's code printed in the last run of a step. */
export interface StepOutput {
  readonly folder: string;
  readonly step: string;
  readonly title: string;
  /** What came of the run, in words. */
  readonly label: string;
  readonly output: string;
}

/** The result of a command that ran a step. */
export interface StepOutcome {
  readonly step: string;
  readonly state: StepState;
}

/** The result of a command that showed a hint. */
export interface HintShown {
  readonly shown: number;
  readonly total: number;
  readonly markdown: string;
}

/** The result of a command that changed files: those that are open and now unsaved. */
export interface Changed {
  readonly uris: readonly string[];
  /** A sentence: what was done. */
  readonly did: string;
  /** By which `takeBack` knows it. */
  readonly change: string;
}

/** The result of an undo: as `Changed`, and what was taken back. */
export interface Undone {
  readonly uris: readonly string[];
  readonly reason: string;
}

/** The result of beginning a module: its first file. */
export interface Begun {
  readonly uri: string;
}

/** The result of starting the course. */
export interface Started {
  readonly folder: string;
  readonly made: readonly string[];
}

export const requests = {
  course: "tinytorch/course",
  lesson: "tinytorch/lesson",
  page: "tinytorch/page",
  stepAt: "tinytorch/stepAt",
  entry: "tinytorch/entry",
  reference: "tinytorch/reference",
  picture: "tinytorch/picture",
  threads: "tinytorch/threads",
  debugConfiguration: "tinytorch/debugConfiguration",
} as const;

export const notifications = {
  courseChanged: "tinytorch/courseChanged",
  stepPassed: "tinytorch/stepPassed",
  stepOutput: "tinytorch/stepOutput",
  showOutput: "tinytorch/showOutput",
  trustGranted: "tinytorch/trustGranted",
} as const;

/** Commands that the server carries out; the language client registers them. */
export const serverCommands = {
  runStep: "tinytorch.runStep",
  runModule: "tinytorch.runModule",
  hint: "tinytorch.hint",
  resetStep: "tinytorch.resetStep",
  solveStep: "tinytorch.solveStep",
  tidyStep: "tinytorch.tidyStep",
  undo: "tinytorch.undo",
  takeBack: "tinytorch.takeBack",
  beginModule: "tinytorch.beginModule",
  startCourse: "tinytorch.startCourse",
} as const;

/** Commands of this extension that the server's lenses and code actions ask for. */
export const clientCommands = {
  debugStep: "tinytorch.debugStep",
  explainStep: "tinytorch.explainStep",
  install: "tinytorch.install",
  goToStep: "tinytorch.goToStep",
  showThreads: "tinytorch.showThreads",
} as const;
