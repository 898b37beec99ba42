// Where one writes: a growing field with suggestions for /commands, @people, #channels and :emoji:.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { state } from "./state.js";
import { suggestions, wire } from "./suggestions.js";

const drafts = new Map();

/** `send(text)` gets wire text. `commands: false` in threads, where Slack has no slash commands. Returns {node, focus()}. */
export function composer({ key, placeholder, commands = true, send }) {
  const field = h("textarea", {
    class: "composer__field",
    rows: "1",
    placeholder,
    "aria-label": placeholder,
    value: drafts.get(key) ?? "",
    "aria-autocomplete": "list",
    oninput: changed,
    onkeydown: typed,
    onblur: () => setTimeout(close, 150),
    onclick: suggest,
  });
  const button = h(
    "button",
    { class: "composer__send", "aria-label": "Send now", title: "Send now", onclick: submit },
    icon("send", 18),
  );
  const list = h("div", { class: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const insert = (mark) => () => put(field.selectionStart, field.selectionEnd, mark);
  const node = h(
    "div",
    { class: "composer" },
    list,
    h(
      "div",
      { class: "composer__box" },
      h(
        "div",
        { class: "composer__tools", role: "toolbar", "aria-label": "Formatting" },
        tool("bold", "Bold", () => wrap("*")),
        tool("italic", "Italic", () => wrap("_")),
        tool("strike", "Strikethrough", () => wrap("~")),
        tool("code", "Code", () => wrap("`")),
      ),
      field,
      h(
        "div",
        { class: "composer__foot" },
        tool("smile", "Emoji", insert(":")),
        tool("at", "Mention someone", insert("@")),
        commands &&
          tool("slash", "Run a command", () => {
            field.value = "";
            insert("/")();
          }),
        button,
      ),
    ),
  );
  let active = 0;
  changed();
  return { node, focus: () => field.focus() };

  function tool(picture, label, onclick) {
    return h(
      "button",
      {
        class: "icon-button",
        type: "button",
        title: label,
        "aria-label": label,
        onmousedown: (event) => event.preventDefault(),
        onclick,
      },
      icon(picture, 18),
    );
  }

  function put(from, to, text) {
    field.setRangeText(text, from, to, "end");
    field.focus();
    changed();
  }

  function wrap(mark) {
    const { selectionStart: from, selectionEnd: to } = field;
    put(from, to, `${mark}${field.value.slice(from, to)}${mark}`);
    if (from === to) field.setSelectionRange(from + 1, from + 1);
  }

  function changed() {
    drafts.set(key, field.value);
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${Math.min(field.scrollHeight, innerHeight / 2)}px`;
    button.disabled = !field.value.trim();
    suggest();
  }

  function suggest() {
    const { found, entries } = field === document.activeElement ? suggestions(field, commands) : { entries: [] };
    list.hidden = entries.length === 0;
    list.replaceChildren(
      ...entries.map((entry) =>
        h(
          "div",
          {
            class: "suggestion",
            role: "option",
            onmousedown: (event) => {
              event.preventDefault();
              choose(entry, found);
            },
          },
          h("b", {}, entry.label),
          entry.hint && h("span", { class: "suggestion__hint" }, entry.hint),
          entry.note && h("small", {}, entry.note),
        ),
      ),
    );
    list.choose = () => choose(entries[active], found);
    mark(0);
  }

  function mark(at) {
    active = (at + list.children.length) % (list.children.length || 1);
    [...list.children].forEach((row, index) => {
      row.setAttribute("aria-selected", String(index === active));
      if (index === active) row.scrollIntoView({ block: "nearest" });
    });
  }

  function choose(entry, found) {
    put(found.from, field.selectionStart, `${entry.insert} `);
    close();
  }

  function close() {
    list.hidden = true;
  }

  function typed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!list.hidden && step) mark(active + step);
    else if (!list.hidden && (event.key === "Tab" || (event.key === "Enter" && !complete()))) list.choose();
    else if (!list.hidden && event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** A command typed in full is sent by Enter, not completed once more. */
  function complete() {
    return state.commands.some((each) => each.command === field.value.trim());
  }

  function submit() {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    changed();
    send(text.startsWith("/") ? text : wire(text));
  }
}
