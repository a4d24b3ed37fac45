/** The head and the body of a page. */

import type { Page, PageRef } from "../src/protocol";
import { button, element } from "./elements";
import { rendered } from "./markdown";
import { say } from "./words";

type Turn = (to: PageRef) => void;

/** Module, place in it and what passes; the pages beside this one. */
export function head(page: Page, turn: Turn): Node[] {
  const number = `${page.number}`.padStart(2, "0");
  const place = page.step === null ? "" : ` · ${say("step {0} of {1}", page.position, page.total)}`;
  const done = say("{0} of {1} steps pass", page.passed, page.total);
  const bar = element("progress", {
    max: `${page.total}`,
    value: `${page.passed}`,
    title: done,
    "aria-label": done,
  });
  return [
    arrow("‹", say("Previous page"), page.previous, turn),
    element("span", { class: "place" }, `${number} ${page.moduleTitle}${place}`),
    bar,
    arrow("›", say("Next page"), page.following, turn),
  ];
}

function arrow(sign: string, words: string, to: PageRef | null, turn: Turn): Node {
  const label = to === null ? words : `${words}: ${to.title}`;
  const made = button(sign, () => to !== null && turn(to), { "aria-label": label, title: label });
  made.disabled = to === null;
  return made;
}

/** What there is to read. */
export function body(page: Page): Node[] {
  const milestone =
    page.milestone === null ? [] : [element("p", { class: "milestone" }, page.milestone)];
  const [first, ...others] = page.parts;
  return [
    element("h1", {}, page.title),
    ...milestone,
    ...(first === undefined ? [] : part(first.title, first.markdown)),
    ...others.flatMap(({ title, markdown }) => part(title, markdown)),
    ...hints(page),
    ...questions(page),
  ];
}

function part(title: string, markdown: string): Node[] {
  const heading = title === "" ? [] : [element("h2", {}, title)];
  return [...heading, rendered(markdown)];
}

function hints({ hints: shown, rungs }: Page): Node[] {
  if (shown.length === 0) return [];
  const rows = shown.map((hint, number) =>
    element(
      "li",
      {},
      element("h3", { id: `hint-${number + 1}` }, say("Hint {0} of {1}", number + 1, rungs)),
      rendered(hint),
    ),
  );
  return [element("h2", {}, say("Hints")), element("ol", { class: "hints" }, ...rows)];
}

function questions({ questions: asked }: Page): Node[] {
  if (asked.length === 0) return [];
  const rows = asked.flatMap(({ question, answer }) => [
    rendered(question),
    element("details", {}, element("summary", {}, say("An answer")), rendered(answer)),
  ]);
  return [element("h2", {}, say("Think about it")), ...rows];
}
