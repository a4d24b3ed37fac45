/** A field to write in, with a mouse, a pen or a finger. */

import type { Pad } from "../src/protocol";
import { button, element } from "./elements";
import { say } from "./words";

const SIDE = 320; // dots of the canvas
const PEN = SIDE / 16;

export interface Field {
  readonly name: string;
  readonly made: HTMLElement;
  /** Each as x, y, x, y… from 0 to 1. */
  strokes(): readonly (readonly number[])[];
}

/** `changed` is called at each point that is written, and when the field is cleared. */
export function field({ name, label }: Pad, changed: () => void): Field {
  const strokes: number[][] = [];
  const size = { width: `${SIDE}`, height: `${SIDE}` };
  const canvas = element("canvas", { ...size, role: "img", "aria-label": label });
  const clear = button(say("Clear"), () => {
    strokes.length = 0;
    paint(canvas, strokes);
    changed();
  });
  const write = (event: PointerEvent) => {
    strokes.at(-1)?.push(...place(canvas, event));
    paint(canvas, strokes);
    changed();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    strokes.push([]);
    write(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) write(event);
  });
  const made = element("div", { class: "pad" }, element("span", {}, label), canvas, clear);
  return { name, made, strokes: () => strokes };
}

function place(canvas: HTMLCanvasElement, { clientX, clientY }: PointerEvent): [number, number] {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const within = (part: number) => Math.round(1000 * Math.min(1, Math.max(0, part))) / 1000;
  return [within((clientX - left) / width), within((clientY - top) / height)];
}

function paint(canvas: HTMLCanvasElement, strokes: readonly (readonly number[])[]): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.clearRect(0, 0, SIDE, SIDE);
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    for (let dot = 0; dot < stroke.length; dot += 2) {
      const [x = 0, y = 0] = stroke.slice(dot, dot + 2).map((part) => part * SIDE);
      if (dot === 0) context.moveTo(x, y);
      context.lineTo(x, y);
    }
    context.stroke();
  }
}
