import { beforeEach, expect, it, vi } from "vitest";
import type { Action } from "../src/messages";
import type { Page, PageRef, Result } from "../src/protocol";

type Actions = (page: Page, act: (action: Action) => void) => unknown[];

const FILE: string = "../webview/result"; // its types are a browser's, which the others are without

/** As much of an element as buttons need. */
class Fake {
  readonly attributes: Record<string, string> = {};
  text = "";
  press = () => {};
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  append(text: string): void {
    this.text += text;
  }
  addEventListener(_kind: string, press: () => void): void {
    this.press = press;
  }
}

beforeEach(() => {
  vi.stubGlobal("document", { createElement: () => new Fake(), body: { dataset: {} } });
});

/** The buttons below a step, and what they do. */
async function buttons(waitsFor: PageRef | null): Promise<{ told: string[]; acted: Action[] }> {
  const { actions } = (await import(FILE)) as { actions: Actions };
  const acted: Action[] = [];
  const result = { state: "blocked", waitsFor } as Result;
  const page: object = {
    step: "tensor/add",
    passed: 0,
    total: 2,
    hints: [],
    rungs: 0,
    result,
    following: null,
  };
  const made = actions(page as Page, (action) => acted.push(action)) as Fake[];
  for (const button of made) button.press();
  const main = ({ attributes }: Fake) => (attributes["class"] === "primary" ? "*" : "");
  return { told: made.map((button) => `${main(button)}${button.text}`), acted };
}

it("leads first to the step that this one waits for", async () => {
  const { told, acted } = await buttons({ title: "Make", step: "tensor/create", module: "tensor" });
  expect(told).toEqual(["*Go to “Make”", "Run"]);
  expect(acted).toEqual(["awaited", "run"]);
});

it("leads nowhere where it waits for none", async () => {
  expect((await buttons(null)).told).toEqual(["*Run"]);
});
