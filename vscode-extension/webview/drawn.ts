/** The picture that the student's code drew, and what can be changed in it. */

import type { Control, Picture } from "../src/protocol";
import { element } from "./elements";

type Draw = (values: Readonly<Record<string, number>>) => void;

export function drawn(picture: Picture, draw: Draw): HTMLElement {
  const image = element("img", { src: source(picture), alt: picture.caption });
  const caption = element("figcaption", {}, picture.caption);
  const sliders = picture.controls.map((control) => slider(control));
  const made = element("figure", {}, image, ...sliders.map(({ label }) => label), caption);
  const ask = () =>
    draw(Object.fromEntries(sliders.map(({ name, input }) => [name, input.valueAsNumber])));
  for (const { input } of sliders) input.addEventListener("input", ask);
  return made;
}

/** Show another drawing in the place of the one before: what is being changed keeps the focus. */
export function redrawn(figure: Element, picture: Picture): void {
  figure.querySelector("img")?.setAttribute("src", source(picture));
}

function source({ png }: Picture): string {
  return `data:image/png;base64,${png}`;
}

interface Slid {
  readonly name: string;
  readonly input: HTMLInputElement;
  readonly label: HTMLElement;
}

function slider({ name, label: words, least, most, value, step }: Control): Slid {
  const bounds = { min: `${least}`, max: `${most}`, step: `${step}` };
  const input = element("input", { type: "range", ...bounds });
  input.value = `${value}`;
  const told = element("output", {}, `${value}`);
  input.addEventListener("input", () => {
    told.textContent = input.value;
  });
  return { name, input, label: element("label", {}, `${words} `, input, told) };
}
