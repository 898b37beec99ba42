// The wire inspector: every request, envelope and answer between the app and this workspace, live, newest first.

import { journal } from "./api.js";
import { clock } from "./dates.js";
import { h, patch, roving } from "./dom.js";
import { icon } from "./icons.js";
import { timezone } from "./state.js";
import { failed, subject, wireDetail } from "./wire.js";

const KEPT = 500;
const PERIOD = 1000;
const KINDS = [
  ["", "All"],
  ["api", "Web API"],
  ["envelope", "Events"],
  ["ack", "Acks"],
  ["response_url", "response_url"],
  ["upload", "Uploads"],
];

/** Draws into `box`, which is empty while the inspector is closed. Returns {toggle()}. */
export function inspector(box) {
  let entries = [];
  let since = 0;
  let timer = null;
  let chosen = null;
  const wanted = { kind: "", text: "", errors: false };
  const list = h("div", { class: "wire__list", role: "listbox", "aria-label": "Wire journal" });
  const detail = h("div", { class: "wire__detail" });
  roving(list, ".wire__row");
  return { toggle };

  function toggle() {
    if (timer) return close();
    box.replaceChildren(head(), h("div", { class: "wire__panes" }, list, detail));
    draw();
    read();
    box.querySelector("input").focus();
  }

  function close() {
    clearTimeout(timer);
    timer = null;
    box.replaceChildren();
    document.querySelector(".composer__field")?.focus();
  }

  function head() {
    const kinds = KINDS.map(([kind, label]) =>
      h("button", { class: "tab", "aria-pressed": String(kind === wanted.kind), onclick: (event) => pick(kind, event) }, label),
    );
    const pick = (kind, { currentTarget }) => {
      for (const each of kinds) each.setAttribute("aria-pressed", String(each === currentTarget));
      want({ kind });
    };
    const clear = () => {
      entries = [];
      chosen = null;
      draw();
    };
    return h(
      "header",
      {
        class: "wire__head",
        onkeydown: (event) => event.key === "Escape" && close(),
      },
      h("h2", {}, icon("wire", 18), "Wire"),
      h("div", { class: "wire__kinds", role: "group", "aria-label": "Kind" }, kinds),
      h("input", {
        class: "wire__filter",
        type: "search",
        placeholder: "Filter by method or content",
        "aria-label": "Filter by method or content",
        value: wanted.text,
        oninput: ({ target }) => want({ text: target.value.trim().toLowerCase() }),
      }),
      h(
        "label",
        { class: "wire__errors" },
        h("input", { type: "checkbox", checked: wanted.errors, onchange: ({ target }) => want({ errors: target.checked }) }),
        "Errors only",
      ),
      h("button", { class: "icon-button", title: "Clear", "aria-label": "Clear", onclick: clear }, icon("trash", 16)),
      h("button", { class: "icon-button", title: "Close (Esc)", "aria-label": "Close the inspector", onclick: close }, icon("close", 16)),
    );
  }

  async function read() {
    timer = setTimeout(read, PERIOD);
    if (document.visibilityState !== "visible") return;
    const { entries: fresh } = await journal(since, KEPT);
    if (!timer || !fresh?.length) return;
    since = fresh.at(-1).n;
    entries = [...entries, ...fresh].slice(-KEPT);
    draw();
  }

  function want(change) {
    Object.assign(wanted, change);
    draw();
  }

  function matches(entry) {
    if (wanted.kind && entry.kind !== wanted.kind) return false;
    if (wanted.errors && !failed(entry)) return false;
    return !wanted.text || JSON.stringify(entry).toLowerCase().includes(wanted.text);
  }

  function draw() {
    const shown = entries.filter(matches).reverse();
    patch(
      list,
      shown.map((entry) => ({ key: String(entry.n), content: [entry.n === chosen?.n], build: () => row(entry) })),
    );
    if (!list.querySelector('[tabindex="0"]') && list.firstElementChild) list.firstElementChild.tabIndex = 0;
    if (!shown.length) list.append(h("div", { class: "wire__none", "data-key": "none" }, "Nothing has crossed the wire."));
    detail.replaceChildren(
      ...(chosen ? wireDetail(chosen, entries, show) : [h("div", { class: "wire__none" }, "Choose an entry to look into it.")]),
    );
    box.classList.toggle("has-detail", Boolean(chosen));
  }

  function show(entry) {
    chosen = entry;
    draw();
  }

  function row(entry) {
    return h(
      "button",
      {
        class: failed(entry) ? "wire__row is-failed" : "wire__row",
        role: "option",
        tabindex: "-1",
        "aria-selected": String(entry.n === chosen?.n),
        onclick: () => show(entry),
      },
      h("span", { class: "wire__time" }, clock(entry.at, timezone()).replace(/ .M$/, ""), `:${seconds(entry.at)}`),
      h("span", { class: `wire__dir wire__dir--${entry.dir}`, title: entry.dir === "in" ? "From the app" : "To the app" }, icon(entry.dir, 14)),
      h("span", { class: "wire__kind", "data-kind": entry.kind }, entry.kind),
      h("span", { class: "wire__subject" }, subject(entry, entries)),
      h("span", { class: "wire__status" }, failed(entry) || String(entry.status)),
      h("span", { class: "wire__ms" }, entry.dir === "in" ? `${entry.ms} ms` : ""),
    );
  }
}

const seconds = (at) => (at % 60).toFixed(3).padStart(6, "0");
