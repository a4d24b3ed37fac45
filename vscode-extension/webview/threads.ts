/** The map of threads and addresses: a launch that one steps through, turn by turn. */

import type { ThreadMap, Turn } from "../src/protocol";
import { button, element } from "./elements";
import { rendered } from "./markdown";
import { type Touched, touched, WARP, warpsOf } from "./turns";
import { say } from "./words";

const CELL = 18; // units of the drawing
const LEFT = 8;
const LANES_TOP = 16;
const MEMORY_TOP = 84;
const MOST_ROWS = 8;
const SVG = "http://www.w3.org/2000/svg";

export function threads(map: ThreadMap, close: () => void): HTMLElement {
  const last = map.turns.length - 1;
  const position = element("input", { type: "range", min: "0", max: `${last}`, value: "0" });
  position.setAttribute("aria-label", say("Turn"));
  const warp = element("select", { "aria-label": say("Warp") });
  for (let number = 0; number * WARP < map.threads; number += 1) {
    warp.append(element("option", { value: `${number}` }, say("warp {0}", number)));
  }
  const place = element("p", { class: "turn" });
  const facts = element("p", { role: "status" });
  const drawing = element("div", {});
  const draw = () => {
    const turn = map.turns[position.valueAsNumber];
    if (turn === undefined) return;
    const number = say("Turn {0} of {1}", position.valueAsNumber + 1, last + 1);
    const line = say("line {0}", turn.line + 1);
    place.replaceChildren(`${number} · ${line}: `, element("code", {}, turn.text));
    const seen = touched(turn, Number(warp.value));
    const words = told(turn, seen);
    facts.textContent = words;
    drawing.replaceChildren(drawn(turn, seen, words));
  };
  const go = (step: 1 | -1) => {
    for (let next = position.valueAsNumber + step; next >= 0 && next <= last; next += step) {
      const turn = map.turns[next];
      if (turn === undefined || !warpsOf(turn).includes(Number(warp.value))) continue;
      position.value = `${next}`; // turns in which this warp sits out are passed over
      break;
    }
    draw();
  };
  position.addEventListener("input", draw);
  warp.addEventListener("change", draw);
  draw();
  return element(
    "section",
    { class: "threads", "aria-label": say("Threads and addresses") },
    element(
      "header",
      {},
      element("h2", {}, say("Threads and addresses of {0}", map.kernel)),
      button("×", close, { "aria-label": say("Close"), title: say("Close") }),
    ),
    place,
    drawing,
    facts,
    element(
      "div",
      { class: "steps" },
      button("‹", () => go(-1), { "aria-label": say("Turn before"), title: say("Turn before") }),
      position,
      button("›", () => go(1), { "aria-label": say("Next turn"), title: say("Next turn") }),
      ...(map.threads > WARP ? [warp] : []),
    ),
    rendered(map.source),
  );
}

/** The turn in a sentence. */
function told(turn: Turn, { lanes, sectors, ideal, extra }: Touched): string {
  if (lanes.length === 0) return say("No lane of this warp takes part.");
  const verbs: Record<string, string> = {
    read: say("{0} of 32 lanes read {1}", lanes.length, turn.array),
    write: say("{0} of 32 lanes write {1}", lanes.length, turn.array),
    atomic: say("{0} of 32 lanes change {1}", lanes.length, turn.array),
  };
  const verb = verbs[turn.kind] ?? turn.kind;
  if (turn.memory === "shared") {
    const cost =
      extra === 0
        ? say("all banks answer in one turn")
        : say("{0} extra turns, for words of one bank come one after the other", extra);
    return `${verb}: ${cost}.`;
  }
  const cost =
    sectors > ideal
      ? say("{0} sectors of 32 bytes, where {1} would do", sectors, ideal)
      : say("{0} sectors of 32 bytes", sectors);
  return `${verb}: ${cost}.`;
}

/** Lanes above, memory below: a row is 128 bytes, which are 4 sectors or one word of each bank. */
function drawn(turn: Turn, { lanes }: Touched, words: string): SVGElement {
  const all = [...new Set(lanes.flatMap((lane) => lane.words.map(rowOf)))].sort((a, b) => a - b);
  const rows = all.slice(0, MOST_ROWS);
  const more = all.length - rows.length;
  const height = MEMORY_TOP + rows.length * (CELL + 8) + (more > 0 ? 20 : 4);
  const width = 2 * LEFT + WARP * CELL;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
  const taking = new Map(lanes.map((lane) => [lane.lane, lane]));
  svg.append(label(LEFT, 10, say("lanes")), label(LEFT, MEMORY_TOP - 6, memoryWords(turn)));
  for (let lane = 0; lane < WARP; lane += 1) {
    const found = taking.get(lane);
    const box = square(lane, LANES_TOP, found === undefined ? "off" : "on");
    if (found !== undefined) {
      const title = say("lane {0}, thread {1}: {2}", lane, found.thread, found.element);
      box.append(shape("title", {}, title));
    }
    svg.append(box);
  }
  const touchedWords = new Set(lanes.flatMap((lane) => lane.words));
  const sectors = new Set([...touchedWords].map((word) => word >> 3));
  const busy = busyBanks(touchedWords);
  rows.forEach((row, number) => {
    const top = MEMORY_TOP + number * (CELL + 8);
    for (let column = 0; column < WARP; column += 1) {
      const word = row * WARP + column;
      const moved = turn.memory === "shared" ? false : sectors.has(word >> 3);
      const kind = touchedWords.has(word) ? (busy(turn, column) ? "clash" : "on") : "off";
      svg.append(square(column, top, `${kind}${moved ? " moved" : ""}`));
    }
  });
  for (const lane of lanes) {
    for (const word of lane.words) {
      const number = rows.indexOf(rowOf(word));
      if (number < 0) continue;
      const ends = {
        x1: middle(lane.lane),
        y1: LANES_TOP + CELL - 2,
        x2: middle(word % WARP),
        y2: MEMORY_TOP + number * (CELL + 8),
      };
      svg.append(shape("line", ends));
    }
  }
  if (more > 0) svg.append(label(LEFT, height - 6, say("and {0} more rows of 128 bytes", more)));
  return svg;
}

function memoryWords({ memory, array }: Turn): string {
  return memory === "shared"
    ? say("{0}, in shared memory: a column is a bank", array)
    : say("{0}, in global memory: 8 words are a sector", array);
}

/** Whether a bank has to give more than one word. */
function busyBanks(touchedWords: ReadonlySet<number>): (turn: Turn, bank: number) => boolean {
  const counts = new Map<number, number>();
  for (const word of touchedWords) counts.set(word % WARP, (counts.get(word % WARP) ?? 0) + 1);
  return ({ memory }, bank) => memory === "shared" && (counts.get(bank) ?? 0) > 1;
}

function rowOf(word: number): number {
  return Math.floor(word / WARP);
}

function middle(column: number): number {
  return LEFT + column * CELL + CELL / 2 - 1;
}

function square(column: number, top: number, kind: string): SVGElement {
  const gap = Math.floor(column / 8); // sectors are told apart
  const place = { x: LEFT + column * CELL + (gap > 0 ? 1 : 0), y: top };
  return shape("rect", { ...place, width: CELL - 3, height: CELL - 3, rx: 2, class: kind });
}

function label(x: number, y: number, text: string): SVGElement {
  return shape("text", { x, y }, text);
}

function shape(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  if (text !== undefined) made.textContent = text;
  return made;
}
