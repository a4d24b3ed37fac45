/** What an assistant in the editor may know of a step: its lesson, its last failure, the next hint. */

import * as vscode from "vscode";
import { argumentsOf, paramsOf, titleOf } from "./course";
import { stepHere } from "./debug";
import {
  type CourseTree,
  type HintShown,
  type Page,
  requests,
  type StepParams,
  serverCommands,
} from "./protocol";
import type { Server } from "./server";

interface Asked {
  /** The id of a step; without one the step at the cursor, else the next one. */
  readonly step?: string;
}

/** Told with every answer: a chat may not have read the folder's AGENTS.md. */
const TUTOR =
  "You are a tutor: help the student to the next thought. Do not write the function of this step, " +
  "in code or in pseudocode, not in part either.";
const NO_COURSE = "No course is open in this window.";
const LONGEST_OUTPUT = 2000;

/** The tools, where the host has assistants at all. */
export function registerAssistants(server: Server): vscode.Disposable {
  if (typeof vscode.lm?.registerTool !== "function") return new vscode.Disposable(() => undefined);
  return vscode.Disposable.from(
    vscode.lm.registerTool("tinytorch_step", tool(server, onPage(server, lessonOf))),
    vscode.lm.registerTool("tinytorch_failure", tool(server, onPage(server, failureOf))),
    vscode.lm.registerTool("tinytorch_hint", {
      ...tool(server, (step) => nextHint(server, step)),
      prepareInvocation: async ({ input }) => confirmation(await titleAsked(server, input)),
    }),
  );
}

/** The lesson of a step as the student sees it, with the hints that were shown. */
export function lessonOf(page: Page): string {
  const parts = page.parts.map(({ title, markdown }) =>
    title === "" ? markdown : `## ${title}\n\n${markdown}`,
  );
  const hints = page.hints.map((hint, number) => `${number + 1}. ${hint}`);
  const shown =
    hints.length === 0 ? [] : [`## Hints shown (of ${page.rungs})\n\n${hints.join("\n")}`];
  return [`# ${page.moduleTitle}: ${page.title}`, ...parts, ...shown].join("\n\n");
}

/** The last result of a step as data; what there is nothing to say of is left out. */
export function failureOf(page: Page): string {
  const { result, step, title } = page;
  if (result === null) return `“${title}” was not run yet.`;
  if (result.state === "passed") return `“${title}” passes.`;
  const { output, ...facts } = result;
  const told = Object.entries({ ...facts, output: output.slice(0, LONGEST_OUTPUT) }).filter(
    ([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return JSON.stringify({ step, ...Object.fromEntries(told) }, null, 2);
}

/** The next rung, shown by the server's own command, so that it counts and the student sees it. */
async function nextHint(server: Server, step: StepParams): Promise<string> {
  const args = argumentsOf(step);
  const shown = await vscode.commands.executeCommand<HintShown | null>(
    serverCommands.hint,
    ...args,
  );
  if (!shown) return `“${titleOf(server.trees, step)}” has no hint that can be shown.`;
  return `Hint ${shown.shown} of ${shown.total}, which the student sees too: ${shown.markdown}`;
}

function onPage(server: Server, words: (page: Page) => string) {
  return async (step: StepParams) => {
    const page = await server.request<Page>(requests.page, step);
    return page === undefined ? NO_COURSE : words(page);
  };
}

function tool(server: Server, answer: (step: StepParams) => Promise<string>) {
  return {
    async invoke({ input }: { input: Asked }): Promise<vscode.LanguageModelToolResult> {
      const found = await stepOf(server, input.step);
      const text = typeof found === "string" ? found : `${await answer(found)}\n\n${TUTOR}`;
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    },
  };
}

/** The step that is meant, or a sentence that says why there is none. */
async function stepOf(server: Server, named: string | undefined): Promise<StepParams | string> {
  const tree = server.tree;
  if (tree === undefined || tree.folder === null) return NO_COURSE;
  if (named !== undefined) {
    const [found, ...others] = namesakes(tree, named);
    if (found !== undefined && others.length === 0) return paramsOf(tree, found);
    const known = others.length === 0 ? "" : ` Several are: ${[found, ...others].join(", ")}.`;
    return `The course has no one step called ${JSON.stringify(named)}.${known}`;
  }
  const here = await stepHere(server);
  if (here) return here;
  return tree.next === null ? "Every step has passed." : paramsOf(tree, tree.next);
}

/** The ids of the steps that a name may mean: the whole id, or its last part. */
function namesakes(tree: CourseTree, named: string): string[] {
  const ids = tree.modules.flatMap((module) => module.steps.map(({ id }) => id));
  return ids.includes(named) ? [named] : ids.filter((id) => id.endsWith(`/${named}`));
}

async function titleAsked(server: Server, { step: named }: Asked): Promise<string> {
  const found = await stepOf(server, named);
  return typeof found === "string" ? "" : titleOf(server.trees, found);
}

function confirmation(title: string): vscode.PreparedToolInvocation {
  if (title === "") return {};
  return {
    invocationMessage: vscode.l10n.t("Showing the next hint"),
    confirmationMessages: {
      title: vscode.l10n.t("Show the next hint?"),
      message: vscode.l10n.t(
        "The assistant asks for the next hint of “{0}”. You see it too, and it counts.",
        title,
      ),
    },
  };
}
