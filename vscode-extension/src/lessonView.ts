/** The lesson beside the code, a view of our own: it follows the cursor and never takes the focus. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { argumentsOf } from "./course";
import type { Action, FromView, Settings, ToView } from "./messages";
import {
  clientCommands,
  type Page,
  type PageParams,
  type Picture,
  type PictureParams,
  requests,
  type StepParams,
  serverCommands,
  type ThreadMap,
} from "./protocol";
import type { Server } from "./server";
import { namesTheme, tokenColours } from "./theme";

const TYPE = "tinytorch.lesson";
const PAUSE_MS = 150;
const NARROW = 400; // pixels: a view beside the code that has no more is a tab behind it

export class LessonView implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly files: vscode.Uri;
  private readonly parts: vscode.Disposable[];
  private panel: vscode.WebviewPanel | undefined;
  private asked: PageParams | undefined;
  private page: Page | undefined;
  private sent = "";
  private opening = false;
  private narrow = false; // whether it had no room beside the code when it was there last
  private drawing = false;
  private wanted: PictureParams | PageParams = {};
  private set: Settings = {}; // of the picture that is shown
  private timer: NodeJS.Timeout | undefined;
  private colouring: Promise<void> = Promise.resolve(); // the theme that was chosen last is last
  private readonly turnedEmitter = new vscode.EventEmitter<PageParams>();
  readonly onDidTurn = this.turnedEmitter.event;

  constructor(
    private readonly server: Server,
    private readonly context: vscode.ExtensionContext,
  ) {
    this.files = vscode.Uri.joinPath(context.extensionUri, "dist");
    this.asked = context.workspaceState.get(TYPE);
    this.parts = [
      vscode.window.registerWebviewPanelSerializer(TYPE, this),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        if (kind !== undefined) this.follow(textEditor); // none: it was so before a reload
      }),
      vscode.window.onDidChangeActiveColorTheme(() => this.colour()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (namesTheme(change)) this.colour(); // it may come after the theme itself
      }),
      server.onDidChange(() => this.refresh()),
      server.onDidHint((step) => this.show(step)),
    ];
  }

  /** Show a page beside the code; the code keeps the focus. */
  async show(what: PageParams): Promise<void> {
    this.asked = what;
    if (this.panel === undefined) this.open();
    else this.panel.reveal(undefined, true);
    await this.refresh();
  }

  /** Show in the lesson of a step what the threads of its kernel touch, turn by turn. */
  async showThreads(step: StepParams): Promise<void> {
    const map = await this.server.request<ThreadMap | null>(requests.threads, step);
    if (map === undefined || map === null) {
      const words = vscode.l10n.t("The tests of this step launch no kernel of yours.");
      void vscode.window.showInformationMessage(words);
      return;
    }
    await this.show(step);
    this.post({ type: "threads", map });
  }

  /** Turn to a step that was gone to, as to one that the cursor is in. A view that was closed opens
   * for it, where there is room beside the code.
   */
  async turnTo(step: StepParams): Promise<void> {
    this.turnedEmitter.fire(step);
    if (this.panel === undefined) {
      if (!this.narrow) await this.show(step);
      return;
    }
    if (!this.follows() || isSame(step, this.asked)) return;
    this.asked = step;
    void this.refresh();
  }

  /** Whether the student has the lesson of a step in sight. */
  isShowing(step: StepParams): boolean {
    return this.panel?.visible === true && isSame(step, this.asked);
  }

  /** Take up the view that VS Code has kept over a reload. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    if (this.panel === undefined) this.take(panel);
    else panel.dispose();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.turnedEmitter.dispose();
    this.panel?.dispose();
    for (const part of this.parts) part.dispose();
  }

  private open(): void {
    this.opening = true;
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.take(vscode.window.createWebviewPanel(TYPE, "Lesson", place, { enableFindWidget: true }));
  }

  private take(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    this.sent = "";
    const icon = (name: string) => vscode.Uri.joinPath(this.context.extensionUri, "media", name);
    panel.iconPath = { light: icon("lesson-light.svg"), dark: icon("lesson-dark.svg") };
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.files] };
    panel.webview.onDidReceiveMessage((message: FromView) => this.receive(message));
    panel.onDidDispose(() => {
      if (this.panel === panel) this.panel = undefined;
    });
    panel.webview.html = this.html(panel.webview);
  }

  private async receive(message: FromView): Promise<void> {
    switch (message.type) {
      case "ready":
        this.sendAnew();
        if (message.width < NARROW) this.narrow = true;
        else if (this.opening) this.narrow = false;
        if (this.opening && this.narrow) await this.moveBehindTheCode();
        this.opening = false;
        break;
      case "act":
        await this.act(message.action);
        break;
      case "draw":
        this.set = message.set;
        if (this.asked !== undefined) await this.draw(this.asked);
        break;
      case "turn": {
        const { step, module } = message.to;
        this.asked = this.here(step === null ? { module } : { step });
        await this.refresh();
      }
    }
  }

  /** Where both don't fit beside each other, the lesson is a tab, and the code stays in sight. */
  private async moveBehindTheCode(): Promise<void> {
    const editor = vscode.window.visibleTextEditors.find(
      ({ viewColumn }) => viewColumn === vscode.ViewColumn.One,
    );
    this.panel?.reveal(vscode.ViewColumn.One, true);
    if (editor !== undefined) {
      await vscode.window.showTextDocument(editor.document, { viewColumn: vscode.ViewColumn.One });
    }
  }

  /** A webview begins anew when it is shown again. */
  private sendAnew(): void {
    this.sent = "";
    this.set = {};
    this.colour();
    void this.refresh();
  }

  /** Show the page as it is now. */
  private async refresh(): Promise<void> {
    const asked = this.asked;
    if (this.panel === undefined) return;
    if (this.server.tree === undefined) {
      this.sent = "";
      this.post({ type: "waiting", text: vscode.l10n.t("Starting the course…") });
      return;
    }
    if (asked === undefined) return;
    const page = await this.server.request<Page>(requests.page, asked).catch(() => undefined);
    if (page === undefined || this.asked !== asked) return;
    const text = JSON.stringify(page);
    if (text === this.sent) return;
    this.sent = text;
    const passes = page.result?.state === "passed";
    if (!passes || page.step !== this.page?.step) this.set = {};
    this.page = page;
    void this.context.workspaceState.update(TYPE, asked); // a window that is left keeps it too late
    this.panel.title = page.title;
    this.turnedEmitter.fire(asked);
    this.post({ type: "page", page });
    if (passes && !page.result?.running) await this.draw(asked);
  }

  /** Have the student's code draw; of what is asked for while it does, the last is drawn next. */
  private async draw(asked: PageParams): Promise<void> {
    this.wanted = { ...asked, ...this.set };
    if (this.drawing) return;
    this.drawing = true;
    try {
      for (let drawn: object | undefined; this.wanted !== drawn; ) {
        drawn = this.wanted;
        const { step } = this.wanted;
        const picture = await this.server.request<Picture | null>(requests.picture, this.wanted);
        if (picture && this.asked?.step === step) this.post({ type: "picture", picture });
      }
    } finally {
      this.drawing = false;
    }
  }

  private async act(action: Action): Promise<void> {
    const page = this.page;
    if (page === undefined) return;
    if (action === "next") return this.goOn(page);
    if (action === "closing") return this.show(this.here({ module: page.module }));
    if (page.step === null) return;
    const step = this.here({ step: page.step });
    const commands = {
      run: serverCommands.runStep,
      debug: clientCommands.debugStep,
      hint: serverCommands.hint,
      compare: "tinytorch.compareHere",
      awaited: "tinytorch.goToAwaited",
    };
    await vscode.commands.executeCommand(commands[action], ...argumentsOf(step));
  }

  private async goOn({ following }: Page): Promise<void> {
    if (following === null) return;
    if (following.step === null) return this.show(this.here({ module: following.module }));
    const step = this.here({ step: following.step });
    this.asked = step;
    await vscode.commands.executeCommand(clientCommands.goToStep, ...argumentsOf(step));
    await this.refresh();
  }

  /** A page, or a step, of the course that is shown. */
  private here<Params extends PageParams>(what: Params): Params {
    const folder = this.asked?.folder;
    return folder === undefined ? what : { ...what, folder };
  }

  private follow(editor: vscode.TextEditor): void {
    if (this.panel === undefined || !this.follows()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const { document, selection } = editor;
      const place = { uri: document.uri.toString(), line: selection.active.line };
      const step = await this.server.request<StepParams | null>(requests.stepAt, place);
      if (step) this.turnTo(step);
    }, PAUSE_MS);
  }

  private follows(): boolean {
    return vscode.workspace.getConfiguration("tinytorch").get("explainFollowsCursor", true);
  }

  private colour(): void {
    this.colouring = this.colouring.then(async () => {
      this.post({ type: "colours", colours: await tokenColours() });
    });
  }

  private post(message: ToView): void {
    void this.panel?.webview.postMessage(message);
  }

  private html(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("base64url");
    const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.files, name));
    const policy = [
      "default-src 'none'",
      "img-src data:",
      `style-src ${webview.cspSource}`,
      `font-src ${webview.cspSource}`,
      `script-src 'nonce-${nonce}'`,
    ].join("; ");
    return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width">
  <title>${vscode.l10n.t("Lesson")}</title>
  <link rel="stylesheet" href="${file("lesson.css")}">
</head>
<body data-words="${attribute(JSON.stringify(vscode.l10n.bundle ?? {}))}">
  <header></header>
  <main tabindex="0"></main>
  <footer>
    <p id="verdict" role="status"></p>
    <div id="details"></div>
    <div id="actions"></div>
  </footer>
  <script nonce="${nonce}" src="${file("lesson.js")}"></script>
</body>
</html>`;
  }
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

function isSame(one: StepParams, other: PageParams | undefined): boolean {
  if (other === undefined || one.step !== other.step) return false;
  return (one.folder ?? other.folder) === (other.folder ?? one.folder);
}
