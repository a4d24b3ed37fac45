import { describe, expect, it } from "vitest";
import { byLine, hang } from "../webview/lines";

describe("code line by line", () => {
  it("puts each line into a span, with its end", () => {
    expect(byLine("a = 1\n\nb = 2\n")).toBe(
      '<span class="line">a = 1\n</span><span class="line">\n</span><span class="line">b = 2\n</span>',
    );
  });

  it("begins a colour anew that goes on", () => {
    expect(byLine('<span class="s">"""one\ntwo"""</span> x')).toBe(
      '<span class="line"><span class="s">"""one</span>\n</span>' +
        '<span class="line"><span class="s">two"""</span> x\n</span>',
    );
  });

  it("closes what is nested in its order", () => {
    const html = '<span class="f">f(<span class="p">a,\nb</span>)</span>';
    expect(byLine(html)).toBe(
      '<span class="line"><span class="f">f(<span class="p">a,</span></span>\n</span>' +
        '<span class="line"><span class="f"><span class="p">b</span>)</span>\n</span>',
    );
  });

  it.each([
    ["x = f(1)", 4],
    [">>> x = f(1)", 8],
    ["...     x = f(1)", 12],
    ["        return x", 12],
    [" ".repeat(40), 20],
  ])("lets the rest of %j begin %i characters in", (line, characters) => {
    expect(hang(line)).toBe(characters);
  });
});
