/** What the Test Explorer says of a step that fails: facts first, at the student's own line. */

import * as vscode from "vscode";
import type { Range } from "vscode-languageclient/node";
import type { Result, StepNode } from "./protocol";

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
  const place = placeOf(step, result);
  if (place !== undefined) message.location = place;
  if (result !== null && place !== undefined) message.stackTrace = stackOf(result, place);
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

function placeOf(step: StepNode, result: Result | null): vscode.Location | undefined {
  const { uri, range } = result?.uri && result.range ? result : step;
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
