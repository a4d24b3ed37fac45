/** The one owner of the language client's life. */

import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, State } from "vscode-languageclient/node";
import { argumentsOf, LANGUAGES, paramsFrom } from "./course";
import type { Interpreter } from "./interpreter";
import { Pace } from "./pace";
import {
  type Changed,
  type CourseTree,
  type Entry,
  notifications,
  requests,
  type StepOutput,
  type StepParams,
  type StepPassed,
  serverCommands,
} from "./protocol";
import { ISOLATED, WORKING_FOLDER } from "./python";
import { foldScaffold } from "./sight";

const TESTING: readonly string[] = [serverCommands.runStep, serverCommands.runModule];
const REWRITING: readonly string[] = [serverCommands.solveStep, serverCommands.tidyStep];
const UNDO = vscode.l10n.t("Undo");

/** What the server marks in a file. */
export interface Marked {
  readonly uri: vscode.Uri;
  readonly diagnostics: readonly vscode.Diagnostic[];
}

interface Shown {
  readonly editor: vscode.TextEditor;
  readonly entry: Entry;
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private asking: Promise<void> = Promise.resolve();
  private readonly pace = new Pace(() => void this.refresh());
  private readonly changedEmitter = new vscode.EventEmitter<CourseTree | undefined>();
  private readonly passedEmitter = new vscode.EventEmitter<StepPassed>();
  private readonly hintedEmitter = new vscode.EventEmitter<StepParams>();
  private readonly printedEmitter = new vscode.EventEmitter<StepOutput>();
  private readonly markedEmitter = new vscode.EventEmitter<Marked>();

  /** The courses as the server told them last, the one that is worked in first; none while no server runs. */
  trees: readonly CourseTree[] = [];
  python: string | undefined;
  starting = false;
  readonly onDidChange = this.changedEmitter.event;
  readonly onDidPass = this.passedEmitter.event;
  readonly onDidHint = this.hintedEmitter.event;
  readonly onDidPrint = this.printedEmitter.event;
  readonly onDidMark = this.markedEmitter.event;

  constructor(
    private readonly interpreter: Interpreter,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The course that is worked in. */
  get tree(): CourseTree | undefined {
    return this.trees[0];
  }

  /** Start with an interpreter that is ready. False if there is none. */
  async start(): Promise<boolean> {
    this.say(true);
    const runs = await this.launch();
    if (!runs) this.trees = [];
    this.say(false);
    return runs;
  }

  private say(starting: boolean): void {
    this.starting = starting;
    this.changedEmitter.fire(this.tree);
  }

  private async launch(): Promise<boolean> {
    this.python = await this.interpreter.find();
    if (this.python === undefined) return false;
    this.log.info(`the course runs in ${this.python}`);
    this.client = this.makeClient(this.python);
    this.client.onNotification(notifications.courseChanged, () => this.pace.ask());
    this.client.onNotification(notifications.stepPassed, (passed: StepPassed) =>
      this.passedEmitter.fire(passed),
    );
    this.client.onNotification(notifications.stepOutput, (printed: StepOutput) =>
      this.printedEmitter.fire(printed),
    );
    this.client.onNotification(notifications.showOutput, () => this.log.show());
    this.client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) this.refresh();
    });
    try {
      await this.client.start();
    } catch (error) {
      this.log.error(String(error));
      void vscode.window.showErrorMessage(
        vscode.l10n.t("The TinyTorch server does not start. *TinyTorch: Show output* says why."),
      );
      return false;
    }
    await this.refresh();
    return true;
  }

  async restart(): Promise<boolean> {
    await this.stop();
    return this.start();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose(5000).catch((error: unknown) => this.log.warn(String(error)));
  }

  async request<T>(method: string, params: object): Promise<T | undefined> {
    return this.client?.sendRequest<T>(method, params);
  }

  /** Have what is saved tested; the token gives the run up. */
  async test(command: string, args: string[], token: vscode.CancellationToken): Promise<void> {
    await vscode.workspace.saveAll(false);
    const params = { command, arguments: args };
    try {
      await this.client?.sendRequest("workspace/executeCommand", params, token);
    } catch (error) {
      if (!token.isCancellationRequested) this.log.warn(String(error));
    }
  }

  async trust(): Promise<void> {
    await this.client?.sendNotification(notifications.trustGranted, {});
  }

  /** Ask for the tree anew; while an answer is under way the next one waits for it. */
  refresh(): Promise<void> {
    this.asking = this.asking.then(async () => {
      try {
        this.trees = await this.courses();
      } catch (error) {
        this.log.warn(String(error));
      }
      this.changedEmitter.fire(this.tree);
    });
    return this.asking;
  }

  private async courses(): Promise<CourseTree[]> {
    const first = await this.request<CourseTree>(requests.course, {});
    if (first === undefined) return [];
    const others = first.folders.filter((folder) => folder !== first.folder);
    const asked = others.map((folder) => this.request<CourseTree>(requests.course, { folder }));
    return [first, ...(await Promise.all(asked)).filter((tree) => tree !== undefined)];
  }

  dispose(): void {
    void this.stop();
    this.pace.dispose();
    this.changedEmitter.dispose();
    this.passedEmitter.dispose();
    this.hintedEmitter.dispose();
    this.printedEmitter.dispose();
    this.markedEmitter.dispose();
  }

  /** Unfold the scaffold of a step that goes: VS Code would keep the fold, over the student's code. */
  private async unfold(step: StepParams): Promise<void> {
    const shown = await this.shown(step);
    if (shown === undefined || shown.entry.scaffolds.length === 0) return;
    const selectionLines = [...shown.entry.scaffolds];
    await vscode.commands.executeCommand("editor.unfold", { levels: 1, selectionLines });
  }

  /** Keep a step that was changed in sight: above it lines may have gone, or come unfolded. */
  private async keepInSight(step: StepParams): Promise<void> {
    const shown = await this.shown(step);
    if (shown !== undefined) await foldScaffold(shown.editor, shown.entry);
  }

  /** The editor that is worked in, and how a step is entered there; none where it shows another file. */
  private async shown(step: StepParams): Promise<Shown | undefined> {
    const entry = await this.request<Entry | null>(requests.entry, step);
    const editor = vscode.window.activeTextEditor;
    if (!entry || editor === undefined) return undefined;
    const same = editor.document.uri.toString() === vscode.Uri.parse(entry.uri).toString();
    return same ? { editor, entry } : undefined;
  }

  private makeClient(python: string): LanguageClient {
    const command = {
      command: python,
      args: [...ISOLATED, "-m", "tinytorch_ls", "lsp"],
      options: { cwd: WORKING_FOLDER },
    };
    const options: LanguageClientOptions = {
      documentSelector: [
        ...LANGUAGES.map((language) => ({ scheme: "file", language })),
        { scheme: "file", pattern: "**/curriculum/**/{lesson.md,course.toml}" },
      ],
      outputChannel: this.log,
      initializationOptions: {
        trusted: vscode.workspace.isTrusted,
        debug: true,
        explain: true,
        output: true,
        install: true,
      },
      middleware: {
        executeCommand: async (name, args, next) => {
          if (TESTING.includes(name)) await vscode.workspace.saveAll(false);
          if (REWRITING.includes(name)) await this.unfold(paramsFrom(args));
          const result: unknown = await next(name, args);
          if (hasUris(result)) await saveChanged(result);
          if (isChanged(result)) {
            void sayWhatWasDone(result, args);
            void this.keepInSight(paramsFrom(args));
          }
          if (name === serverCommands.hint && result) this.hintedEmitter.fire(paramsFrom(args));
          return result;
        },
        handleDiagnostics: (uri, diagnostics, next) => {
          next(uri, diagnostics);
          this.markedEmitter.fire({ uri, diagnostics });
        },
      },
    };
    return new LanguageClient("tinytorch", "TinyTorch", command, options);
  }
}

function hasUris(result: unknown): result is Pick<Changed, "uris"> {
  return typeof result === "object" && result !== null && "uris" in result;
}

function isChanged(result: unknown): result is Changed {
  return hasUris(result) && "change" in result;
}

/** Say what was done, with a way to take that change back, whatever was changed since. */
async function sayWhatWasDone(changed: Changed, args: readonly unknown[]): Promise<void> {
  const answer = await vscode.window.showInformationMessage(changed.did, UNDO);
  if (answer !== UNDO) return;
  const { folder } = paramsFrom(args);
  const target = argumentsOf({ step: changed.change, ...(folder === undefined ? {} : { folder }) });
  await vscode.commands.executeCommand(serverCommands.takeBack, ...target);
}

/** Save what the server changed, so that it is tested at once. */
async function saveChanged(changed: Pick<Changed, "uris">): Promise<void> {
  const uris = changed.uris.map((uri) => vscode.Uri.parse(uri).toString());
  const documents = vscode.workspace.textDocuments.filter((document) =>
    uris.includes(document.uri.toString()),
  );
  await Promise.all(documents.map((document) => document.save()));
}
