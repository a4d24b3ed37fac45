/** Marks where two texts differ, word by word. */

export interface Piece {
  readonly text: string;
  readonly differs: boolean;
}

const WORD = /[\w.+-]+|\s+|[^\s\w]/gu;
/** A tensor or an array around its numbers, which may be all that was expected. */
const WRAPPED = /^((?:Tensor|numpy\.array)\()(.*?)((?:, dtype=\w+)?\))$/su;
const MOST_COMPARED = 250_000; // pairs of words

/** Both texts in pieces: those that the other lacks differ. */
export function differing(one: string, other: string): [Piece[], Piece[]] {
  const wrapped = WRAPPED.exec(one);
  if (wrapped !== null && !WRAPPED.test(other)) {
    const [head = "", inside = "", tail = ""] = wrapped.slice(1);
    const [mine, theirs] = compared(inside, other);
    return [[same(head), ...mine, same(tail)], theirs];
  }
  return compared(one, other);
}

function same(text: string): Piece {
  return { text, differs: false };
}

function compared(one: string, other: string): [Piece[], Piece[]] {
  const words = one.match(WORD) ?? [];
  const others = other.match(WORD) ?? [];
  const [kept, keptOfOther] = common(words, others);
  return [pieces(words, kept), pieces(others, keptOfOther)];
}

/** Which words of each list belong to the longest row of words that both have. */
function common(one: readonly string[], other: readonly string[]): [Set<number>, Set<number>] {
  const kept = new Set<number>();
  const keptOfOther = new Set<number>();
  const keep = (i: number, j: number) => {
    kept.add(i);
    keptOfOther.add(j);
  };
  const shorter = Math.min(one.length, other.length);
  let head = 0;
  while (head < shorter && one[head] === other[head]) keep(head, head++);
  let tail = 0;
  while (tail < shorter - head && one.at(-1 - tail) === other.at(-1 - tail)) {
    tail++;
    keep(one.length - tail, other.length - tail);
  }
  const rows = one.length - head - tail;
  const columns = other.length - head - tail;
  if (rows * columns > MOST_COMPARED) return [kept, keptOfOther];
  const lengths = table(one.slice(head, head + rows), other.slice(head, head + columns));
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (one[head + i] === other[head + j]) keep(head + i++, head + j++);
    else if (at(lengths, i + 1, j) >= at(lengths, i, j + 1)) i++;
    else j++;
  }
  return [kept, keptOfOther];
}

/** How many words two lists have in common from each pair of places on. */
function table(one: readonly string[], other: readonly string[]): number[][] {
  const lengths = Array.from({ length: one.length + 1 }, () =>
    new Array<number>(other.length + 1).fill(0),
  );
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      const same = one[i] === other[j];
      const length = same
        ? at(lengths, i + 1, j + 1) + 1
        : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
      (lengths[i] as number[])[j] = length;
    }
  }
  return lengths;
}

function at(lengths: readonly number[][], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}

/** The words in pieces as long as can be; blanks between two that differ differ too. */
function pieces(words: readonly string[], kept: ReadonlySet<number>): Piece[] {
  const found: { text: string; differs: boolean }[] = [];
  for (const [number, text] of words.entries()) {
    const differs = !kept.has(number);
    const last = found.at(-1);
    if (last !== undefined && last.differs === differs) last.text += text;
    else found.push({ text, differs });
  }
  return found;
}
