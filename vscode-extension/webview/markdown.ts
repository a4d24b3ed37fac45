/** A lesson's Markdown as elements: formulas set by KaTeX, code coloured by highlight.js. */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import pythonRepl from "highlight.js/lib/languages/python-repl";
import katex from "katex";
import MarkdownIt from "markdown-it";
import texmath from "markdown-it-texmath";
import { element } from "./elements";
import { byLine, hang } from "./lines";

for (const [name, language] of Object.entries({ bash, cpp, json, python, pythonRepl })) {
  hljs.registerLanguage(name === "pythonRepl" ? "python-repl" : name, language);
}

hljs.registerAliases("cuda", { languageName: "cpp" });

/** Marks the place of a formula: KaTeX sets it in the page, where no inline style has to be read. */
const engine = {
  renderToString: (tex: string, options: { displayMode?: boolean }) =>
    `<span class="formula" data-display="${options.displayMode === true}">${escaped(tex)}</span>`,
};

const markdown = new MarkdownIt({ html: false, highlight: coloured }).use(texmath, {
  engine,
  delimiters: "dollars",
});

export function rendered(text: string): HTMLElement {
  const made = element("div", { class: "text" });
  made.innerHTML = withClasses(markdown.render(text)); // text: markdown-it lets no HTML through
  for (const place of made.querySelectorAll<HTMLElement>(".formula")) set(place);
  for (const table of made.querySelectorAll("table")) {
    const frame = element("div", { class: "wide", tabindex: "0" });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const code of made.querySelectorAll("pre")) code.tabIndex = 0;
  for (const line of made.querySelectorAll<HTMLElement>(".line")) {
    line.style.setProperty("--hang", `${hang(line.textContent ?? "")}ch`);
  }
  return made;
}

function set(place: HTMLElement): void {
  const tex = place.textContent ?? "";
  katex.render(tex, place, {
    displayMode: place.dataset["display"] === "true",
    throwOnError: false,
  });
}

/** The alignment of a table's columns as classes: an inline style is not let in. */
function withClasses(html: string): string {
  return html.replace(/ style="text-align:(\w+)"/g, ' class="$1"');
}

function coloured(code: string, language: string): string {
  const name = code.startsWith(">>>") ? "python-repl" : language;
  if (hljs.getLanguage(name) === undefined) return "";
  return byLine(hljs.highlight(code, { language: name }).value);
}

function escaped(text: string): string {
  return markdown.utils.escapeHtml(text);
}
