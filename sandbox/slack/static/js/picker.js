// A select as Slack draws it: a button that opens a list one can type into. One choice or many.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openPopover } from "./popover.js";

/**
 * groups: [{label?, choices: [{key, text, note?}]}]; chosen: keys; changed(keys) is called after each change of a single
 * select, and once when the list of a multi select closes. `search(text)` fetches the groups for what was typed instead
 * of filtering: it resolves to {groups} or {problem}. Returns the element; `element.setChosen(keys)` resets it.
 */
export function picker({ groups, chosen = [], many = false, limit = Infinity, placeholder, label, changed, search }) {
  const all = groups.flatMap((group) => group.choices);
  let offered = groups;
  let keys = chosen.filter((key) => all.some((choice) => choice.key === key));
  const face = h("span", { class: "picker__face" });
  const button = h(
    "button",
    {
      type: "button",
      class: many ? "picker picker--many" : "picker",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      onclick: open,
    },
    face,
    icon("down", 16),
  );
  draw();
  button.setChosen = (next) => {
    keys = next;
    draw();
  };
  return button;

  function draw() {
    const names = keys.map((key) => all.find((choice) => choice.key === key)?.text);
    button.setAttribute("aria-label", `${label ?? placeholder}: ${names.join(", ") || "nothing chosen"}`);
    button.classList.toggle("picker--empty", names.length === 0);
    face.replaceChildren(
      ...(names.length === 0 ? [placeholder] : many ? names.map((name) => h("span", { class: "chip" }, name)) : names),
    );
  }

  function open() {
    const before = keys.join();
    const list = h("div", {
      role: "listbox",
      class: "picker__list",
      id: "picker-list",
      "aria-label": label ?? placeholder,
      "aria-multiselectable": many ? "true" : null,
    });
    const field = h("input", {
      class: "picker__filter",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "picker-list",
      "aria-label": `Filter ${label ?? placeholder}`,
      placeholder: search ? "Type to search" : "Type to filter",
      autocomplete: "off",
      oninput: () => (search ? look() : fill()),
      onkeydown: steer,
    });
    const box = h("div", { class: "popover picker__box", style: `min-width:${button.offsetWidth}px` }, field, list);
    let active = 0;
    let asked = 0;
    if (search) look();
    else fill();
    openPopover(button, box, () => many && keys.join() !== before && changed(keys));
    field.focus();
    mark(
      Math.max(
        0,
        options().findIndex((option) => option.getAttribute("aria-selected") === "true"),
      ),
    );

    function options() {
      return [...list.querySelectorAll('[role="option"]')];
    }

    /** Asks a moment after the last keystroke; an answer that comes late is dropped. */
    async function look() {
      const turn = (asked += 1);
      if (field.value) await new Promise((resolve) => setTimeout(resolve, 200));
      if (turn !== asked) return;
      list.replaceChildren(h("div", { class: "picker__none" }, "Loading…"));
      const { groups: found = [], problem } = await search(field.value.trim());
      if (turn !== asked) return;
      offered = found;
      for (const choice of found.flatMap((group) => group.choices))
        if (!all.some((each) => each.key === choice.key)) all.push(choice);
      fill(problem);
    }

    function fill(problem = "No items") {
      const wanted = search ? "" : field.value.trim().toLowerCase();
      list.replaceChildren(
        ...offered.flatMap((group) => {
          const matches = group.choices.filter((choice) => choice.text.toLowerCase().includes(wanted));
          return matches.length
            ? [
                group.label && h("div", { class: "picker__group", role: "presentation" }, group.label),
                ...matches.map(option),
              ].filter(Boolean)
            : [];
        }),
      );
      if (!list.children.length) list.append(h("div", { class: "picker__none" }, problem));
      mark(0);
    }

    function option(choice) {
      const id = `pick-${all.indexOf(choice)}`;
      return h(
        "div",
        {
          role: "option",
          id,
          class: "picker__option",
          "aria-selected": String(keys.includes(choice.key)),
          onmousemove: (event) => mark(options().indexOf(event.currentTarget)),
          onclick: () => choose(choice),
        },
        h("span", {}, choice.text, choice.note && h("small", {}, choice.note)),
        icon("check", 16),
      );
    }

    function mark(index) {
      const shown = options();
      active = Math.max(0, Math.min(index, shown.length - 1));
      shown.forEach((option, at) => option.classList.toggle("is-active", at === active));
      shown[active]?.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", shown[active]?.id ?? "");
    }

    function steer(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) mark(active + step);
      else if (event.key === "Enter") options()[active]?.click();
      else return;
      event.preventDefault();
    }

    function choose(choice) {
      if (!many) keys = [choice.key];
      else if (keys.includes(choice.key)) keys = keys.filter((key) => key !== choice.key);
      else if (keys.length < limit) keys = [...keys, choice.key];
      draw();
      if (many) {
        const at = active;
        fill();
        mark(at);
        return;
      }
      box.hidePopover();
      changed(keys);
    }
  }
}
