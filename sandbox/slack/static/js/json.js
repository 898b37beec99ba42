// JSON one can read: coloured, folded where it is deep, and copied with one press.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { notify } from "./popover.js";

const DEEP = 4;

export function jsonView(value) {
  return h("div", { class: "json" }, part(null, value, 0, true));
}

function part(name, value, depth, last) {
  const label = name !== null && [h("span", { class: "json__name" }, JSON.stringify(name)), ": "];
  const comma = last ? "" : ",";
  const entries = value !== null && typeof value === "object" ? Object.entries(value) : null;
  if (!entries?.length) return h("div", {}, label, leaf(value), comma);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const inner = entries.map(([key, each], at) =>
    part(Array.isArray(value) ? null : key, each, depth + 1, at === entries.length - 1),
  );
  return h(
    "details",
    { open: depth < DEEP },
    h("summary", {}, label, open, h("span", { class: "json__folded" }, ` ${entries.length} … ${close}${comma}`)),
    h("div", { class: "json__inner" }, inner),
    h("div", { class: "json__close" }, close, comma),
  );
}

function leaf(value) {
  const kind = value === null ? "null" : Array.isArray(value) || typeof value === "object" ? "empty" : typeof value;
  return h("span", { class: `json__${kind}` }, JSON.stringify(value));
}

/** A button that puts `text()` on the clipboard. */
export function copyButton(label, text) {
  return h(
    "button",
    { type: "button", class: "button copy", onclick: () => copy(text()) },
    icon("copy", 14),
    h("span", {}, label),
  );
}

export async function copy(text, said = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
    notify(said, "");
  } catch {
    notify("The browser didn’t allow copying", "");
  }
}
