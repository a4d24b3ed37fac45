/** Code line by line, so that a line which is too long for the page goes on below, further in. */

const SPAN = /<span[^>]*>|<\/span>|\n/g;
const PROMPT_AND_INDENTATION = /^(?:(?:>>>|\.\.\.) )? */;
const FURTHER = 4;
const FURTHEST = 20;

/** Coloured code with each line in a `span` of its own; a colour that goes on is begun anew. */
export function byLine(html: string): string {
  const open: string[] = [];
  const inner = html.replace(/\n$/, "").replace(SPAN, (piece) => {
    if (piece === "\n") {
      return `${"</span>".repeat(open.length)}\n</span><span class="line">${open.join("")}`;
    }
    if (piece === "</span>") open.pop();
    else open.push(piece);
    return piece;
  });
  return `<span class="line">${inner}\n</span>`;
}

/** In how many characters the rest of a line begins that is too long. */
export function hang(line: string): number {
  const start = PROMPT_AND_INDENTATION.exec(line)?.[0].length ?? 0;
  return Math.min(start + FURTHER, FURTHEST);
}
