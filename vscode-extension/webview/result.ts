/** The foot of a page: what the last run said, and what can be done now. */

import type { Action } from "../src/messages";
import type { Page, Result } from "../src/protocol";
import { differing, type Piece } from "./differing";
import { button, element, sentence } from "./elements";
import { rendered } from "./markdown";
import { say } from "./words";

const WARNING = /^\S.*:\d+: \w*Warning: /mu;

type Act = (action: Action) => void;

/** What was said of the step; nothing where no step is run. */
export function told({ result }: Page, drawn: Node | undefined): Node[] {
  if (result === null) return [];
  const details = [
    functions(result),
    facts(result),
    result.mistake === ""
      ? undefined
      : element("p", {}, say("This behaves like:"), " ", ...sentence(result.mistake)),
    result.help === "" ? undefined : help(result.help),
    result.output === "" ? undefined : printed(result.output),
    drawn,
  ].filter((part) => part !== undefined);
  return details.length > 0
    ? [
        element(
          "div",
          { class: result.running ? "details past" : "details", tabindex: "0" },
          ...details,
        ),
      ]
    : [];
}

/** The state and one sentence, as a screen reader is told them too. */
export function verdict(result: Result): Node[] {
  const state = result.running ? "running" : result.state.replace(" ", "-");
  const late = say("It is stopped after {0} s of computing.", result.seconds);
  const said = result.running // the headline is of the run before
    ? [element("span", { class: "late" }, late)]
    : sentence(result.headline);
  const words = result.count === "" ? result.label : `${result.label}, ${result.count}`;
  return [
    element("span", { class: `sign ${state}`, "aria-hidden": "true" }, result.sign),
    element("strong", {}, words),
    " ",
    ...said,
  ].map((part) => (typeof part === "string" ? document.createTextNode(part) : part));
}

/** What can be done with the step, the likely next move first in sight. */
export function actions(page: Page, act: Act): Node[] {
  if (page.step === null) return [following(page, act)].filter((each) => each !== undefined);
  const hints = page.hints.length;
  const passed = page.result?.state === "passed";
  const next = passed ? following(page, act) : undefined;
  const done = page.passed === page.total && page.following?.step !== null;
  const awaited = page.result?.waitsFor;
  const leads = next !== undefined || awaited != null;
  const possible = [
    next,
    done ? button(say("What you can do now"), () => act("closing")) : undefined,
    awaited == null
      ? undefined
      : button(say("Go to “{0}”", awaited.title), () => act("awaited"), { class: "primary" }),
    button(say("Run"), () => act("run"), leads ? {} : { class: "primary" }),
    page.debugs ? button(say("Debug"), () => act("debug")) : undefined,
    page.rungs > hints && !passed
      ? button(say("Hint {0} of {1}", hints + 1, page.rungs), () => act("hint"))
      : undefined,
    passed && page.writes
      ? button(say("Compare with the reference"), () => act("compare"))
      : undefined,
  ];
  return possible.filter((each) => each !== undefined);
}

function following(page: Page, act: Act): Node | undefined {
  if (page.following === null) return undefined;
  const words =
    page.following.step === null ? page.following.title : say("Next: {0}", page.following.title);
  return button(words, () => act("next"), { class: "primary" });
}

function functions({ functions: each }: Result): Node | undefined {
  if (each.length === 0) return undefined;
  const words: Readonly<Record<string, string>> = {
    todo: say("todo"),
    failing: say("failing"),
    passed: say("passed"),
    waiting: say("can't be told yet: a test of it fails, or was not reached"),
  };
  const rows = each.map(({ name, state, sign }) => {
    const word = words[state] ?? state;
    return element("li", {}, `${sign} `, element("code", {}, name), ` ${word}`);
  });
  return element("ul", { class: "functions" }, ...rows);
}

/** The call, what it gave and what was wanted, one below the other, with what differs marked. */
function facts(result: Result): Node | undefined {
  const [got, expected] = differing(result.got, result.expected);
  const both = result.got !== "" && result.expected !== "";
  const rows: readonly (readonly [string, string, readonly Piece[]])[] = [
    ...result.inputs.map(({ name, text }) => ["input", name, plain(text)] as const),
    ["call", say("call"), plain(result.call)],
    ["got", say("got"), both ? got : plain(result.got)],
    ["expected", say("expected"), both ? expected : plain(result.expected)],
    ["first", say("first"), plain(result.difference)],
    ["because", say("because"), plain(result.because)],
  ];
  const shown = rows.filter(([, , text]) => text.some((piece) => piece.text !== ""));
  if (shown.length === 0) return undefined;
  const cells = shown.flatMap(([kind, name, text]) => [
    element("dt", {}, name),
    element("dd", { class: kind }, ...text.map(marked)),
  ]);
  return element("dl", {}, ...cells);
}

function plain(text: string): Piece[] {
  return [{ text, differs: false }];
}

function marked({ text, differs }: Piece): Node | string {
  return differs ? element("mark", {}, text) : text;
}

function help(text: string): Node {
  const made = rendered(text);
  made.classList.add("help");
  return made;
}

function printed(text: string): Node {
  const words = WARNING.test(text)
    ? say("Your code printed, or Python warned of it:")
    : say("Your code printed:");
  return element("div", {}, element("p", {}, words), element("pre", {}, text));
}
