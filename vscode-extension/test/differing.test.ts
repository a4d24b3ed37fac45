import { describe, expect, it } from "vitest";
import { differing } from "../webview/differing";

/** The texts with what differs in brackets. */
function marked(one: string, other: string): string[] {
  return differing(one, other).map((pieces) =>
    pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join(""),
  );
}

describe("what differs between two values", () => {
  it("is marked number by number", () => {
    expect(marked("[1.0, 2.5, -3.0]", "[1.0, 2.0, 3.0]")).toEqual([
      "[1.0, [2.5], [-3.0]]",
      "[1.0, [2.0], [3.0]]",
    ]);
  });

  it("is what one has and the other lacks", () => {
    expect(marked("'Hello, Ada!'", "'Hello, Ada! Ready.'")).toEqual([
      "'Hello, Ada!'",
      "'Hello, Ada![ Ready.]'",
    ]);
    expect(marked("(2, 3)", "(3,)")).toEqual(["([2, ]3)", "(3[,])"]);
  });

  it("is not the tensor around numbers that alone were expected", () => {
    expect(marked("Tensor([1.0, 2.5], dtype=float32)", "[1.0, 2.0]")).toEqual([
      "Tensor([1.0, [2.5]], dtype=float32)",
      "[1.0, [2.0]]",
    ]);
    expect(marked("Tensor([1.0])", "Tensor([2.0])")).toEqual([
      "Tensor([[1.0]])",
      "Tensor([[2.0]])",
    ]);
  });

  it("is nothing where both are the same", () => {
    expect(marked("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]")).toEqual([
      "[[1, 2], [3, 4]]",
      "[[1, 2], [3, 4]]",
    ]);
  });

  it("loses no character of either, however long they are", () => {
    const one = Array.from({ length: 900 }, (_, n) => n * 7).join(", ");
    const other = Array.from({ length: 900 }, (_, n) => n * 11).join(", ");
    const [pieces, others] = differing(one, other);
    expect(pieces.map(({ text }) => text).join("")).toBe(one);
    expect(others.map(({ text }) => text).join("")).toBe(other);
  });
});
