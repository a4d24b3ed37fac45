/** What the Test Explorer says of a step that fails: facts first, and a stack to the student's line. */

import * as vscode from "vscode";
import type { Range } from "vscode-languageclient/node";
import type { Result, StepNode } from "./protocol";
import { showsVerdicts } from "./verdicts";

export function messageOf(step: StepNode, result: Result | null): vscode.TestMessage {
  const text = new vscode.MarkdownString();
  text.appendText(result?.headline || step.detail || step.label);
  if (result?.because)
    text.appendMarkdown("\n\n").appendText(vscode.l10n.t("Because {0}.", result.because));
  if (result?.mistake) {
    text
      .appendMarkdown("\n\n")
      .appendText(vscode.l10n.t("This behaves like: {0}.", result.mistake));
  }
  if (result?.help) text.appendMarkdown(`\n\n${result.help}`);
  const both = result !== null && result.got !== "" && result.expected !== "";
  const message = both
    ? vscode.TestMessage.diff(text, result.expected, result.got)
    : new vscode.TestMessage(text);
  const own = result?.uri && result.range ? placeOf(result) : placeOf(step);
  const place = showsVerdicts() ? placeOf(step) : own; // what stands behind its line stands once
  if (place !== undefined) message.location = place;
  if (result !== null && own !== undefined) message.stackTrace = stackOf(result, own);
  return message;
}

export function rangeOf(range: Range | null): vscode.Range | undefined {
  if (range === null) return undefined;
  const { start, end } = range;
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** The same as lines of a terminal: what came of a step, the facts, what the code printed. */
export function outputOf(step: StepNode, result: Result | null): string {
  const facts: [string, string][] =
    result === null
      ? []
      : [
          [vscode.l10n.t("call"), result.call],
          [vscode.l10n.t("got"), result.got],
          [vscode.l10n.t("expected"), result.expected],
        ];
  const lines = [
    `${step.title}: ${step.label}. ${result?.headline ?? ""}`,
    ...facts.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(9)} ${text}`),
    ...(result?.output ? [vscode.l10n.t("Your code printed:"), result.output.trimEnd()] : []),
  ];
  return `${lines.join("\n").replaceAll(/\r?\n/g, "\r\n")}\r\n`;
}

function placeOf({ uri, range }: StepNode | Result): vscode.Location | undefined {
  const place = rangeOf(range);
  return uri === null || place === undefined
    ? undefined
    : new vscode.Location(vscode.Uri.parse(uri), place);
}

/** Two frames: the student's function, and below it the line of the lesson that called it. */
function stackOf(result: Result, place: vscode.Location): vscode.TestMessageStackFrame[] {
  const Frame = vscode.TestMessageStackFrame;
  const own = new Frame(
    result.function || vscode.l10n.t("your code"),
    place.uri,
    place.range.start,
  );
  if (result.test === null) return [own];
  const { uri, line } = result.test;
  const test = new Frame(
    vscode.l10n.t("the lesson's test"),
    vscode.Uri.parse(uri),
    new vscode.Position(line, 0),
  );
  return [own, test];
}
