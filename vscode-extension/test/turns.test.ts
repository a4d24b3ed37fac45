/** What a warp touches in a turn, against counts by hand (and by the machine, in tests/unit/machine). */

import { describe, expect, it } from "vitest";
import type { Turn } from "../src/protocol";
import { touched, warpsOf } from "../webview/turns";

const lanes = [...Array(32).keys()];

function turn(elements: readonly number[], more: Partial<Turn> = {}): Turn {
  const place = { line: 3, text: "a[i]", array: "a", memory: "global", kind: "read" };
  const sizes = { shape: [32, 32], itemsize: 4, width: 4, origin: 0 };
  return { ...place, ...sizes, threads: elements.map((_, lane) => lane), elements, ...more };
}

describe("what a warp touches", () => {
  it("is four sectors for neighbours", () => {
    expect(touched(turn(lanes), 0)).toMatchObject({ sectors: 4, ideal: 4, extra: 0 });
  });

  it("is a sector for each lane down a column, and one bank", () => {
    const found = touched(turn(lanes.map((lane) => lane * 32)), 0);
    expect(found).toMatchObject({ sectors: 32, ideal: 4, extra: 31 });
    expect(found.lanes[2]?.element).toBe("a[2, 0]");
  });

  it("has no conflict where rows are 33 long", () => {
    const odd = turn(
      lanes.map((lane) => lane * 33),
      { shape: [32, 33], memory: "shared" },
    );
    expect(touched(odd, 0).extra).toBe(0);
  });

  it("is one sector where all read the same", () => {
    expect(touched(turn(lanes.map(() => 5)), 0)).toMatchObject({ sectors: 1, ideal: 1, extra: 0 });
  });

  it("begins where its array does", () => {
    expect(touched(turn(lanes, { origin: 4 }), 0)).toMatchObject({ sectors: 5, ideal: 4 });
  });

  it("takes what a lane moves at once, a quarter of the warp at a time", () => {
    const four = turn(
      lanes.map((lane) => 4 * lane),
      { width: 16 },
    );
    expect(touched(four, 0)).toMatchObject({ sectors: 16, ideal: 16, extra: 0 });
    expect(touched(four, 0).lanes[1]?.words).toEqual([4, 5, 6, 7]);
  });

  it("is told of one warp at a time", () => {
    const second = turn([0, 1], { threads: [40, 41], shape: [] });
    expect(warpsOf(second)).toEqual([1]);
    expect(touched(second, 0).lanes).toEqual([]);
    expect(
      touched(second, 1).lanes.map(({ lane, thread, element }) => [lane, thread, element]),
    ).toEqual([
      [8, 40, "a, 0"],
      [9, 41, "a, 1"],
    ]);
  });
});
