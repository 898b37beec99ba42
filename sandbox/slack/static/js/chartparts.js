// What all charts share: how numbers read, the palette, and the tip beside the pointer.

import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** 12345.678 → "12,345.68" */
export const numberText = (value) => NUMBER.format(value);

/** The place of a series in the palette: its line, bar or slice, and its key, share the colour. */
export const colour = (at) => `var(--chart-${(at % 6) + 1})`;

/** Shows `lines` ([colour, name, text]) under `title` at (x, y) of the stage; null hides them. */
export function point(tip, at) {
  tip.hidden = !at;
  if (!at) return;
  tip.replaceChildren(
    h("b", {}, at.title),
    ...at.lines.map(([paint, name, text]) =>
      h("span", {}, h("i", { style: `background:${paint}` }), name, h("em", {}, text)),
    ),
  );
  const room = tip.parentElement.clientWidth - tip.offsetWidth - 4;
  tip.style.left = `${Math.max(4, Math.min(room, at.x + 12))}px`;
  tip.style.top = `${Math.max(0, at.y - tip.offsetHeight / 2)}px`;
}
