/** What the student's code prints, in an output channel of its own. */

import * as vscode from "vscode";
import type { StepOutput } from "./protocol";
import type { Server } from "./server";

const CHANNEL = vscode.l10n.t("TinyTorch: Output of your code");

export function registerOutput(server: Server): vscode.Disposable {
  const channel = vscode.window.createOutputChannel(CHANNEL);
  const listener = server.onDidPrint((printed) => channel.append(entry(printed, new Date())));
  return vscode.Disposable.from(channel, listener);
}

/** One run of a step: when, which, how it ended, and what it printed. */
export function entry({ title, label, output }: StepOutput, when: Date): string {
  const time = when.toLocaleTimeString(undefined, { hour12: false });
  return `[${time}] ${title} — ${label}\n${output.trimEnd()}\n\n`;
}
