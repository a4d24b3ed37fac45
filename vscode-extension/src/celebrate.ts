/** What is said of a step that passes: a quiet word, and of a module or a milestone a louder one, once. */

import * as vscode from "vscode";
import { argumentsOf, courseOf, moduleOf } from "./course";
import type { LessonView } from "./lessonView";
import { clientCommands, type ModuleNode, type StepPassed } from "./protocol";
import type { Server } from "./server";

const KEY = "celebrated";
const CLOSING = vscode.l10n.t("What you can do now");
const NEXT = vscode.l10n.t("Next step");
const PICTURE = vscode.l10n.t("See what it drew");

/** What there is to celebrate that was not celebrated before: not again after an undo or a restart. */
interface Feast {
  readonly milestone: string | null;
  readonly module: ModuleNode | undefined;
}

export class Celebration {
  constructor(
    private readonly memory: vscode.Memento,
    private readonly server: Pick<Server, "trees">,
    private readonly lessons: Pick<LessonView, "show" | "isShowing">,
  ) {}

  async of(passed: StepPassed): Promise<void> {
    const feast = await this.feastOf(passed);
    if (feast.milestone === null && feast.module === undefined) {
      const word = passed.unlocked === "" ? vscode.l10n.t("passed") : passed.unlocked;
      sayQuietly(`${passed.title}: ${word}`);
    } else if (this.lessons.isShowing(passed)) {
      sayQuietly(wordsOf(feast, passed)); // its foot has all that a toast has, and a toast covers it
    } else {
      await this.hold(feast, passed);
    }
  }

  private async feastOf({ folder, step, moduleDone, milestone }: StepPassed): Promise<Feast> {
    const tree = courseOf(this.server.trees, folder);
    const module = moduleDone && tree !== undefined ? moduleOf(tree, step) : undefined;
    return {
      milestone: milestone !== null && (await this.isFirst(`${folder}:${step}`)) ? milestone : null,
      module:
        module !== undefined && (await this.isFirst(`${folder}:${module.id}`)) ? module : undefined,
    };
  }

  private async isFirst(name: string): Promise<boolean> {
    const before = this.memory.get<string[]>(KEY, []);
    if (before.includes(name)) return false;
    await this.memory.update(KEY, [...before, name]);
    return true;
  }

  private async hold({ milestone, module }: Feast, passed: StepPassed): Promise<void> {
    const buttons = [
      ...(milestone === null ? [] : [PICTURE]),
      ...(module === undefined ? [] : [CLOSING]),
      ...(passed.next === null ? [] : [NEXT]),
    ];
    const words = wordsOf({ milestone, module }, passed);
    const answer = await vscode.window.showInformationMessage(words, ...buttons);
    if (answer === PICTURE) {
      await this.lessons.show({ step: passed.step, folder: passed.folder });
    } else if (answer === CLOSING && module !== undefined) {
      await this.lessons.show({ module: module.id, folder: passed.folder });
    } else if (answer === NEXT && passed.next !== null) {
      const next = argumentsOf({ step: passed.next, folder: passed.folder });
      await vscode.commands.executeCommand(clientCommands.goToStep, ...next);
    }
  }
}

function wordsOf({ milestone, module }: Feast, { unlocked }: StepPassed): string {
  const said = [
    milestone === null ? "" : `${milestone}.`,
    module === undefined ? "" : vscode.l10n.t("{0}: every step passes.", module.title),
    unlocked,
  ];
  return said.filter((part) => part !== "").join(" ");
}

function sayQuietly(words: string): void {
  vscode.window.setStatusBarMessage(`$(pass-filled) ${words}`, 8000);
}
