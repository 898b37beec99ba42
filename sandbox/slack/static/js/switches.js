// The switches of the world round the workspace, behind a button in the corner: what is on, and a way to turn each.

import { get, post } from "./api.js";
import { moment } from "./dates.js";
import { h, spoken } from "./dom.js";
import { icon } from "./icons.js";
import { openPopover } from "./popover.js";
import { state, timezone } from "./state.js";

let known = { switches: [] };
let panel = null;
const said = new Map();

/** A button that shows itself once there are switches, and how many are on. */
export function switchesButton() {
  const button = h("button", { class: "corner__button switches__open", "aria-expanded": "false", onclick: () => open(button) });
  drawButton(button);
  return button;
}

/** Fetches them again and redraws whatever shows them. */
export async function loadSwitches() {
  const answer = await get("switches", {});
  if (!answer.switches) return;
  known = answer;
  document.querySelectorAll(".switches__open").forEach(drawButton);
  panel?.replaceChildren(...rows());
}

function drawButton(button) {
  const on = known.switches.filter((each) => each.since).length;
  const label = on ? `${known.title}: ${on} on` : known.title;
  button.hidden = !known.switches.length;
  button.title = label ?? "";
  button.setAttribute("aria-label", label ?? "");
  button.replaceChildren(icon("bolt", 18), ...(on ? [h("span", { class: "badge" }, String(on))] : []));
}

function open(button) {
  panel = h("div", { class: "popover switches", role: "group", "aria-label": known.title }, rows());
  openPopover(button, panel, () => (panel = null));
  panel.style.maxHeight = `${innerHeight - 64}px`;
  loadSwitches();
}

const note = () => known.note && h("p", { class: "switches__note" }, icon("info", 16), known.note);

const rows = () => [h("h2", {}, known.title), note() || "", ...known.switches.map(row)];

function row(each) {
  const on = Boolean(each.since);
  const turn = async (event) => {
    event.target.disabled = true;
    const answer = await post("switches", { user: state.me.id, name: each.name, on: !on });
    said.set(each.name, answer.ok ? answer.says : "That did not work. Is the world still running?");
    await loadSwitches();
    panel?.querySelector(`[data-switch="${CSS.escape(each.name)}"]`)?.focus();
  };
  return h(
    "div",
    { class: on ? "switches__row is-on" : "switches__row" },
    h("p", {}, h("b", {}, each.name), on && h("small", {}, ` · ${moment(Date.parse(each.since) / 1000, timezone())}`)),
    h(
      "button",
      { class: `button ${on ? "button--primary" : ""}`, "data-switch": each.name, onclick: turn },
      on ? known.off : known.on,
      spoken(` ${each.name}`),
    ),
    h("p", { class: "switches__title", "aria-live": "polite" }, said.get(each.name) ?? each.title),
  );
}
