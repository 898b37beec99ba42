// One entry of the wire journal: what it was about, whether it failed, and everything that was said.

import { moment } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { copyButton, jsonView } from "./json.js";
import { timezone } from "./state.js";

const WELL = new Set(["ok", "200", "sent", "delivered"]);

/** The error in short, or "" when all went well. */
export function failed(entry) {
  if (entry.response?.ok === false) return entry.response.error ?? "error";
  return WELL.has(String(entry.status)) ? "" : String(entry.status);
}

const idOf = (entry) => entry.args?.envelope_id;

/** The other half of an envelope or ack. */
export function partner(entry, entries) {
  const other = { envelope: "ack", ack: "envelope" }[entry.kind];
  return other && entries.find((each) => each.kind === other && idOf(each) === idOf(entry));
}

/** "interactive · block_actions · approve" */
export function subject(entry, entries) {
  if (entry.kind === "ack") return `ack of ${subject(partner(entry, entries) ?? { method: "an unknown envelope" }, [])}`;
  const payload = entry.args?.payload ?? {};
  const about = payload.event?.type ?? payload.type ?? payload.command;
  const within = payload.actions?.[0]?.action_id ?? payload.view?.callback_id ?? payload.event?.subtype;
  return [entry.method ?? entry.kind, about, within].filter(Boolean).join(" · ");
}

/** The entry in full; `show(entry)` goes to its other half. */
export function wireDetail(entry, entries, show) {
  const other = partner(entry, entries);
  const parts = [
    [entry.dir === "in" ? "Request" : "Sent to the app", entry.args],
    ["Answer", entry.response],
  ];
  return [
    h(
      "header",
      { class: "wire__title" },
      h("button", { class: "icon-button wire__back", "aria-label": "Back to the list", onclick: () => show(null) }, icon("back", 16)),
      h("h3", {}, subject(entry, entries)),
      copyButton("Copy entry", () => JSON.stringify(entry, null, 2)),
    ),
    h(
      "p",
      { class: "wire__facts" },
      h("b", { class: failed(entry) ? "is-failed" : null }, failed(entry) || String(entry.status)),
      entry.dir === "in" && h("span", {}, `${entry.ms} ms`),
      h("span", {}, moment(entry.at, timezone())),
      h("span", {}, `#${entry.n}`),
      other &&
        h("button", { class: "link-button", onclick: () => show(other) }, entry.kind === "ack" ? "Its envelope" : `Its ack, ${other.ms} ms later`),
    ),
    ...parts
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([title, value]) =>
        h(
          "section",
          { class: "wire__part" },
          h("header", {}, h("h4", {}, title), copyButton("Copy", () => JSON.stringify(value, null, 2))),
          jsonView(value),
        ),
      ),
  ];
}
