import { describe, expect, it } from "vitest";
import { colourOf } from "../src/theme";

const rule = (scope: string | string[], foreground?: string) => ({
  scope,
  settings: foreground === undefined ? {} : { foreground },
});

describe("the colour that a theme gives to a scope", () => {
  it("is that of the nearest rule, of two the last", () => {
    const rules = [rule("string.quoted", "near"), rule("string", "far"), rule("string", "farther")];
    expect(colourOf(rules, ["string.quoted.double"])).toBe("near");
    expect(colourOf(rules, ["string.template"])).toBe("farther");
  });

  it("is not that of a scope that begins alike, nor of one inside another", () => {
    const rules = [rule("strings", "a"), rule("meta string", "b"), rule("string")];
    expect(colourOf(rules, ["string"])).toBeUndefined();
  });

  it("is found among several scopes of a rule, and for the next best scope", () => {
    const rules = [rule("comment, keyword", "a"), rule(["constant.numeric", "constant"], "b")];
    expect(colourOf(rules, ["keyword.control"])).toBe("a");
    expect(colourOf(rules, ["variable", "constant.numeric.float"])).toBe("b");
  });
});
