// The keyboard: Slack's shortcuts for moving about, and the list of them.

import { h } from "./dom.js";
import { openDialog } from "./popover.js";

const SHORTCUTS = [
  ["Ctrl K", "Jump to a channel or person"],
  ["Alt ↑ / Alt ↓", "Previous or next channel"],
  ["Alt Shift ↑ / ↓", "Previous or next unread channel"],
  ["F6", "Move to the next part of the window"],
  ["↑ in an empty field", "From the composer to the newest message"],
  ["↑ ↓ or K J", "From message to message"],
  ["T or Enter on a message", "Open its thread"],
  ["M on a message", "Its menu: source, aloud, link"],
  ["Esc", "Back to the composer; close what is open"],
  ["Alt W", "Open or close the wire inspector"],
  ["Ctrl /", "This list"],
];
const REGIONS = [".room[tabindex='0']", ".main .message[tabindex='0']", ".main .composer__field", ".home", ".thread .composer__field"];

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const visible = (node) => node && node.offsetParent !== null;

/** `acts`: {jump(), toggleWire()}. */
export function listenToKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const done = global(event, acts) || (!typing(event.target) && onMessage(event)) || fromComposer(event);
    if (done) event.preventDefault();
  });
}

function global(event, acts) {
  const act = shortcut(event, acts);
  // A dialog has the keyboard for itself: what lies behind it cannot be used.
  if (!document.querySelector("dialog[open]")) act?.();
  return Boolean(act);
}

function shortcut(event, acts) {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "k") return acts.jump;
  if (control && event.key === "/") return showShortcuts;
  if (event.altKey && event.code === "KeyW") return acts.toggleWire;
  if (event.key === "F6") return () => nextRegion(event.shiftKey ? -1 : 1);
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key))
    return () => nextRoom(event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
  return null;
}

function nextRegion(step) {
  const stops = REGIONS.map((selector) => document.querySelector(selector)).filter(visible);
  const here = stops.findIndex((stop) => stop === document.activeElement || stop.contains(document.activeElement));
  stops.at((here + step + stops.length) % stops.length)?.focus();
}

function nextRoom(step, unread) {
  const rooms = [...document.querySelectorAll(".room")];
  const here = rooms.findIndex((room) => room.getAttribute("aria-current"));
  const order = rooms.map((_, at) => rooms.at((here + step * (at + 1) + rooms.length * 2) % rooms.length));
  order.find((room) => !unread || room.classList.contains("room--unread"))?.click();
}

const STEPS = { j: "nextElementSibling", k: "previousElementSibling" };

function onMessage(event) {
  const message = document.activeElement?.closest(".message");
  if (!message || event.ctrlKey || event.metaKey || event.altKey) return false;
  const own = event.target === message;
  const press = (label) => message.querySelector(`.message__tools [title="${label}"]`)?.click();
  if (event.key in STEPS) step(message, STEPS[event.key]);
  else if (event.key === "t" || (event.key === "Enter" && own)) press("Reply in thread");
  else if (event.key === "m") press("More message actions");
  else if (event.key === "Escape") message.closest(".pane").querySelector(".composer__field")?.focus();
  else return false;
  return true;
}

function step(message, way) {
  let next = message[way];
  while (next && !next.classList.contains("message")) next = next[way];
  next?.focus();
}

function fromComposer(event) {
  const field = event.target;
  if (event.key !== "ArrowUp" || !field.classList?.contains("composer__field") || field.value) return false;
  [...field.closest(".pane").querySelectorAll(".message")].at(-1)?.focus();
  return true;
}

export function showShortcuts() {
  const rows = SHORTCUTS.map(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)]);
  const dialog = openDialog("dialog", "Keyboard shortcuts", h("dl", { class: "shortcuts" }, rows), [], () => dialog.close());
}
