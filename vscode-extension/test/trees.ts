/** A small course for the tests. */

import type { CourseTree, StepNode, StepState } from "../src/protocol";

export function step(id: string, state: StepState, line?: number, title = id): StepNode {
  const place = { line: line ?? 0, character: 8 };
  return {
    id,
    title,
    state,
    running: false,
    label: state,
    detail: null,
    uri: line === undefined ? null : "file:///c/tensor.py",
    range: line === undefined ? null : { start: place, end: place },
    hints: { shown: 1, total: 3 },
    debugs: true,
    waitsFor: null,
  };
}

export const tree: CourseTree = {
  title: "A course",
  folder: "/c",
  folders: ["/c"],
  trusted: true,
  complaints: [],
  modules: [
    {
      id: "setup",
      number: 0,
      title: "Setup",
      begun: true,
      passed: 1,
      total: 1,
      lack: null,
      steps: [step("setup/greet", "passed")],
    },
    {
      id: "tensor",
      number: 1,
      title: "Tensors",
      begun: true,
      passed: 0,
      total: 2,
      lack: null,
      steps: [step("tensor/create", "failing", 10, "Make"), step("tensor/add", "todo", 20, "Add")],
    },
  ],
  next: "tensor/create",
};
