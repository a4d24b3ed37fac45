/** The lesson view: shows the page that the extension sends, and says what is pressed. */

import "katex/dist/katex.min.css";
import "./lesson.css";
import type { FromView, Kept, ToView } from "../src/messages";
import type { Page, Picture, ThreadMap } from "../src/protocol";
import { drawn, redrawn } from "./drawn";
import { element } from "./elements";
import { body, head } from "./page";
import { actions, told, verdict } from "./result";
import { threads } from "./threads";

declare function acquireVsCodeApi(): {
  postMessage(message: FromView): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
};

const vscode = acquireVsCodeApi();
const header = part("header");
const main = part("main");
const footer = part("footer");
const status = part("#verdict");
const details = part("#details");
const buttons = part("#actions");
let page: Page | undefined;
let picture: HTMLElement | undefined;
let map: HTMLElement | undefined;

window.addEventListener("message", ({ data }: MessageEvent<ToView>) => {
  switch (data.type) {
    case "waiting":
      status.replaceChildren(data.text);
      break;
    case "page":
      show(data.page);
      break;
    case "picture":
      showPicture(data.picture);
      break;
    case "threads":
      showThreads(data.map);
      break;
    case "colours":
      for (const [name, colour] of Object.entries(data.colours)) {
        document.documentElement.style.setProperty(`--token-${name}`, colour);
      }
  }
});

main.addEventListener("scroll", keep);
vscode.postMessage({ type: "ready", width: window.innerWidth });

function show(next: Page): void {
  const before = page;
  const turned = before?.step !== next.step || before?.module !== next.module;
  const state = vscode.getState();
  const restored =
    before === undefined && state?.step === next.step && state.module === next.module;
  const read = JSON.stringify([next.parts, next.questions, next.hints, next.milestone]);
  if (turned || next.result?.state !== "passed") picture = undefined;
  if (turned) closeThreads();
  page = next;
  header.replaceChildren(...head(next, (to) => vscode.postMessage({ type: "turn", to })));
  if (turned || main.dataset["read"] !== read) {
    main.replaceChildren(...(map === undefined ? [] : [map]), ...body(next));
    main.dataset["read"] = read;
  }
  tell(next, !turned && passes(next) && before !== undefined && !passes(before));
  details.replaceChildren(...told(next, picture));
  buttons.replaceChildren(
    ...actions(next, (action) => vscode.postMessage({ type: "act", action })),
  );
  if (turned) main.scrollTop = restored ? state.scroll : 0;
  else if (before !== undefined && next.hints.length > before.hints.length) showHint(next);
  keep();
}

/** The first drawing of a page, or another in its place. */
function showPicture(next: Picture): void {
  if (page === undefined) return;
  if (picture !== undefined) {
    redrawn(picture, next);
    return;
  }
  picture = drawn(next, (set) => vscode.postMessage({ type: "draw", set }));
  details.replaceChildren(...told(page, picture));
}

/** Above the lesson, until it is closed or the page is turned. */
function showThreads(next: ThreadMap): void {
  closeThreads();
  map = threads(next, closeThreads);
  main.prepend(map);
  main.scrollTop = 0;
}

function closeThreads(): void {
  map?.remove();
  map = undefined;
}

function passes({ result }: Page): boolean {
  return result?.state === "passed" && !result.running;
}

/** Say the verdict, as a screen reader says it: once. */
function tell({ result }: Page, passed: boolean): void {
  const words = element("p", {}, ...(result === null ? [] : verdict(result)));
  if (words.innerHTML !== status.innerHTML) status.replaceChildren(...words.childNodes);
  if (!passed) return;
  footer.classList.remove("just-passed");
  void footer.offsetWidth; // so that the next pass is felt too
  footer.classList.add("just-passed");
}

function showHint({ hints }: Page): void {
  document.getElementById(`hint-${hints.length}`)?.scrollIntoView({ block: "center" });
}

function keep(): void {
  if (page === undefined) return;
  vscode.setState({ module: page.module, step: page.step, scroll: main.scrollTop });
}

function part(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the view has no ${selector}`);
  return found;
}
