import { describe, expect, it } from "vitest";
import { stageOf } from "../src/stage";
import { tree } from "./trees";

describe("the stage of a course", () => {
  it("is never one to be begun while its server starts", () => {
    expect(stageOf({ starting: true, tree: undefined }, true)).toBe("starting");
  });

  it("is a course once its tree is here, even while the server starts anew", () => {
    expect(stageOf({ starting: true, tree }, true)).toBe("course");
  });

  it("is stopped where a course is here and its server did not start", () => {
    expect(stageOf({ starting: false, tree: undefined }, true)).toBe("stopped");
  });

  it("is none where no folder has a course", () => {
    expect(stageOf({ starting: false, tree: undefined }, false)).toBe("none");
    expect(stageOf({ starting: false, tree: { ...tree, folder: null } }, false)).toBe("none");
  });
});
