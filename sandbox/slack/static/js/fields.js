// Controls one types into: text, addresses, numbers, dates and times.

import { entry } from "./acting.js";
import { h } from "./dom.js";

/** Date, time and both, as the browser's own fields: keyboards, phones and screen readers know them. */
export function whenField(type, name, read = (text) => text || null, write = (value) => value ?? "") {
  return (element, place) =>
    entry(element, place, { [name]: element[name.replace("selected", "initial")] ?? null }, (before, changed) =>
      h("input", {
        type,
        class: "field field--when",
        value: write(before[name]),
        "aria-label": element.placeholder?.text ?? type,
        onchange: ({ target }) =>
          changed({ [name]: read(target.value) }, (value) => (target.value = write(value[name]))),
      }),
    );
}

/** "2026-11-23T09:12" on this device's clock, as the browser's field wants it. */
export function localMinute(epoch) {
  const offset = new Date(epoch * 1000).getTimezoneOffset() * 60;
  return new Date((epoch - offset) * 1000).toISOString().slice(0, 16);
}

/** Enter sends where the field acts by itself; everywhere else each keystroke is only remembered. */
export function textField(type) {
  return (element, place) =>
    entry(element, place, { value: element.initial_value ?? null }, (before, changed) => {
      const entered = (event) => ({ value: event.target.value || null });
      const props = {
        class: "field",
        value: before.value ?? "",
        placeholder: element.placeholder?.text,
        maxlength: element.max_length,
        oninput: (event) => place.surface.keep(place.blockId, element, entered(event)),
        onkeydown: (event) => {
          if (event.key !== "Enter" || event.shiftKey || !place.sends) return;
          event.preventDefault();
          changed(entered(event), () => {});
        },
      };
      return element.multiline
        ? h("textarea", { rows: "4", ...props })
        : h("input", { type, step: element.is_decimal_allowed ? "any" : null, ...props });
    });
}
