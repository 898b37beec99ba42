// What every control has in common: sending its action, and remembering its value.
//
// A place is {surface, blockId, sends}: `surface.act(blockId, element, value)` sends an action and resolves to {ok, error?};
// `surface.keep(blockId, element, value)` remembers an entry; `surface.kept(blockId, element)` gives it back;
// `sends` is false inside input blocks that do not dispatch.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { confirmed } from "./popover.js";

const ERRORS = {
  operation_timeout: "The app didn’t respond in time. Try again.",
  not_connected: "The app isn’t reachable right now.",
};

/** An error in the place of what could not be drawn. */
export function broken(text) {
  return h("div", { class: "broken", role: "alert" }, icon("warn", 16), h("span", {}, text));
}

/** Confirms if asked to, then sends; meanwhile the control spins, afterwards a refusal stands beside it. */
export async function send(control, element, value, place, denied = () => {}) {
  if (element.confirm && !(await confirmed(element.confirm))) return denied();
  control.parentElement?.querySelector(":scope > .action-error")?.remove();
  control.classList.add("is-busy");
  control.setAttribute("aria-busy", "true");
  const answer = await place.surface.act(place.blockId, element, value);
  control.classList.remove("is-busy");
  control.removeAttribute("aria-busy");
  if (answer.ok) return;
  const words = ERRORS[answer.error] ?? `That didn’t work (${answer.error}).`;
  control.after(h("span", { class: "action-error", role: "alert" }, icon("warn", 16), words));
}

/**
 * Wires a control that holds a value: starts from what was entered before, keeps each change, sends it where it acts.
 * `makeControl(value, changed)` builds it and calls `changed(value, restore)`; `restore(value)` undoes a denied change.
 */
export function entry(element, place, initial, makeControl) {
  let last = place.surface.kept(place.blockId, element) ?? initial;
  place.surface.keep(place.blockId, element, last);
  const control = makeControl(last, (value, restore) => {
    const before = last;
    last = value;
    place.surface.keep(place.blockId, element, value);
    if (!place.sends) return;
    send(control, element, value, place, () => {
      last = before;
      place.surface.keep(place.blockId, element, before);
      restore(before);
    });
  });
  control.dataset.action = element.action_id;
  return control;
}
