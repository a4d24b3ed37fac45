/** Questions about the course tree that need no editor. */

import type { CourseTree, ModuleNode, StepNode } from "./protocol";

export function findStep(tree: CourseTree, id: string): StepNode | undefined {
  return tree.modules.flatMap((module) => module.steps).find((step) => step.id === id);
}

export function moduleOf(tree: CourseTree, stepId: string): ModuleNode | undefined {
  return tree.modules.find((module) => module.steps.some((step) => step.id === stepId));
}

/** The step whose code is nearest above a line of a file. */
export function stepAt(tree: CourseTree, uri: string, line: number): StepNode | undefined {
  return tree.modules
    .flatMap((module) => module.steps)
    .filter((step) => step.uri === uri && step.range !== null && step.range.start.line <= line + 1)
    .sort((a, b) => (a.range?.start.line ?? 0) - (b.range?.start.line ?? 0))
    .at(-1);
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
    case "todo":
      return { id: "circle-outline" };
    case "not run":
      return { id: "circle-slash" };
  }
}
