/** What a warp touches in one turn: words of memory, the sectors they lie in, the turns of the banks. */

import type { Turn } from "../src/protocol";

export const WARP = 32;
const WORD = 4; // bytes
const SECTOR = 32;

/** A lane that took part: its thread, the element it touched, and the words that these bytes are in. */
export interface Lane {
  readonly lane: number;
  readonly thread: number;
  readonly element: string;
  readonly words: readonly number[];
}

/** One turn of one warp. */
export interface Touched {
  readonly lanes: readonly Lane[];
  readonly sectors: number;
  /** As many as the same bytes would be side by side. */
  readonly ideal: number;
  /** Turns that the banks need beyond the first. */
  readonly extra: number;
}

/** The warps that take part in a turn. */
export function warpsOf({ threads }: Turn): number[] {
  return [...new Set(threads.map((thread) => Math.floor(thread / WARP)))];
}

export function touched(turn: Turn, warp: number): Touched {
  const lanes = turn.threads.flatMap((thread, number) =>
    Math.floor(thread / WARP) === warp ? [laneOf(turn, thread, turn.elements[number] ?? 0)] : [],
  );
  const bytes = new Set(lanes.map(({ element }) => element));
  const sectors = new Set(lanes.flatMap(({ words }) => words.map((word) => (word * WORD) >> 5)));
  return {
    lanes,
    sectors: sectors.size,
    ideal: Math.ceil((bytes.size * turn.width) / SECTOR),
    extra: extraTurns(lanes, Math.max(1, turn.width / WORD)),
  };
}

function laneOf(turn: Turn, thread: number, at: number): Lane {
  const first = turn.origin + at * turn.itemsize;
  const words = new Set<number>();
  for (let byte = first; byte < first + turn.width; byte += 1) words.add(Math.floor(byte / WORD));
  return { lane: thread % WARP, thread, element: elementOf(turn, at), words: [...words] };
}

/** An element as a kernel writes it: "a[2, 5]". */
function elementOf({ array, shape }: Turn, at: number): string {
  if (shape.length === 0) return `${array}, ${at}`;
  const index: number[] = [];
  let rest = at;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `${array}[${index.join(", ")}]`;
}

/** So many lanes go at a time as their words fill the banks; one word for many lanes is one turn. */
function extraTurns(lanes: readonly Lane[], words: number): number {
  const together = WARP / words;
  let extra = 0;
  for (let first = 0; first < WARP; first += together) {
    const banks = new Map<number, Set<number>>();
    for (const each of lanes) {
      if (each.lane < first || each.lane >= first + together) continue;
      for (const word of each.words) {
        const bank = banks.get(word % WARP) ?? new Set();
        banks.set(word % WARP, bank.add(word));
      }
    }
    extra += Math.max(1, ...[...banks.values()].map(({ size }) => size)) - 1;
  }
  return extra;
}
