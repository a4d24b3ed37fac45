/** The picture that the student's code drew, and what can be changed in it. */

import type { Settings } from "../src/messages";
import type { Picture, Slider } from "../src/protocol";
import { element } from "./elements";
import { type Field, field } from "./pad";

type Draw = (set: Settings) => void;

export function drawn(picture: Picture, draw: Draw): HTMLElement {
  const kind = picture.pads.length > 0 ? { class: "steady" } : {}; // nothing moves below a pen
  const image = element("img", { src: source(picture), alt: picture.caption, ...kind });
  enlarges(image);
  const caption = element("figcaption", {}, picture.caption);
  const sliders = picture.sliders.map((each) => slider(each));
  const fields: Field[] = picture.pads.map((pad) => field(pad, () => ask()));
  const ask = () =>
    draw({
      values: Object.fromEntries(sliders.map(({ name, input }) => [name, input.valueAsNumber])),
      strokes: Object.fromEntries(fields.map(({ name, strokes }) => [name, strokes()])),
    });
  for (const { input } of sliders) input.addEventListener("input", ask);
  return element(
    "figure",
    {},
    ...fields.map(({ made }) => made),
    image,
    ...sliders.map(({ label }) => label),
    caption,
  );
}

/** Show another drawing in the place of the one before: what is being changed keeps the focus. */
export function redrawn(figure: Element, picture: Picture): void {
  figure.querySelector("img")?.setAttribute("src", source(picture));
}

/** Have a click, or Enter, show a picture as large as the page allows, and small again. */
function enlarges(image: HTMLElement): void {
  image.tabIndex = 0;
  const turn = () => image.classList.toggle("large");
  image.addEventListener("click", turn);
  image.addEventListener("keydown", ({ key }) => key === "Enter" && turn());
}

function source({ png }: Picture): string {
  return `data:image/png;base64,${png}`;
}

interface Slid {
  readonly name: string;
  readonly input: HTMLInputElement;
  readonly label: HTMLElement;
}

function slider({ name, label: words, least, most, value, step }: Slider): Slid {
  const bounds = { min: `${least}`, max: `${most}`, step: `${step}` };
  const input = element("input", { type: "range", ...bounds });
  input.value = `${value}`;
  const told = element("span", { class: "value", "aria-hidden": "true" }, `${value}`);
  input.addEventListener("input", () => {
    told.textContent = input.value;
  });
  return { name, input, label: element("label", {}, `${words} `, input, told) };
}
