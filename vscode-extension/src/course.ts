/** Questions about the course tree that need no editor. */

import type { CourseTree, ModuleNode, PageParams, StepNode, StepParams } from "./protocol";

/** The editor's names of the languages in which steps are written. */
export const LANGUAGES: readonly string[] = ["python", "cuda-cpp"];

/** How a step of a course is named in a request. */
export function paramsOf(tree: CourseTree, step: string): StepParams {
  return tree.folder === null ? { step } : { step, folder: tree.folder };
}

/** The same as the arguments of a command. */
export function argumentsOf({ step, folder }: StepParams): string[] {
  return folder === undefined ? [step] : [step, folder];
}

/** The step that a command's arguments name. */
export function paramsFrom([step, folder]: readonly unknown[]): StepParams {
  return typeof folder === "string" ? { step: String(step), folder } : { step: String(step) };
}

/** The course of a folder; of none in particular the one that is worked in, which comes first. */
export function courseOf(
  trees: readonly CourseTree[],
  folder: string | undefined,
): CourseTree | undefined {
  return folder === undefined ? trees[0] : trees.find((tree) => tree.folder === folder);
}

export function findStep(tree: CourseTree, id: string): StepNode | undefined {
  return tree.modules.flatMap((module) => module.steps).find((step) => step.id === id);
}

/** How a step is called in a sentence: by its title, as the tree and the lesson view show it. */
export function titleOf(trees: readonly CourseTree[], { step, folder }: StepParams): string {
  const tree = courseOf(trees, folder);
  return (tree && findStep(tree, step)?.title) ?? step;
}

export function moduleOf(tree: CourseTree, stepId: string): ModuleNode | undefined {
  return tree.modules.find((module) => module.steps.some((step) => step.id === stepId));
}

/** The step to go on with from a page: the next one that does not pass, from the end around. */
export function nextStep(tree: CourseTree, { step, module }: PageParams): string | null {
  const steps = tree.modules.flatMap((each) =>
    each.steps.map((node) => ({ ...node, module: each.id })),
  );
  const here = steps.findIndex(({ id }) => id === step);
  const from = here < 0 ? steps.findIndex((each) => each.module === module) : here + 1;
  const later = from < 0 ? [] : steps.slice(from);
  return later.find(({ state }) => state !== "passed")?.id ?? tree.next;
}

export function totals(tree: CourseTree): { passed: number; total: number } {
  return {
    passed: tree.modules.reduce((sum, module) => sum + module.passed, 0),
    total: tree.modules.reduce((sum, module) => sum + module.total, 0),
  };
}

/** The icon of a step, by the name that VS Code gives it. */
export function iconOf(step: StepNode): { id: string; color?: string } {
  if (step.running) return { id: "sync~spin" };
  switch (step.state) {
    case "passed":
      return { id: "pass-filled", color: "testing.iconPassed" };
    case "failing":
      return { id: "error", color: "testing.iconFailed" };
    case "blocked":
      return { id: "lock" };
    case "not run":
      return { id: "circle-slash" };
    case "todo":
      return { id: "circle-outline" };
  }
}

/** How far a module is, as an icon and in a word: done, begun and not begun differ at a glance. */
export function moduleIcon(module: ModuleNode): { id: string; color: string; word: string } {
  if (module.passed === module.total) {
    return { id: "pass-filled", color: "testing.iconPassed", word: "done" };
  }
  return module.begun
    ? { id: "color-mode", color: "charts.blue", word: "begun" } // a circle that is half full
    : { id: "circle-large-outline", color: "disabledForeground", word: "not begun" };
}
