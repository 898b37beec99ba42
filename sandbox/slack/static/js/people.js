// Who wrote a message, and the square picture beside it: initials on the person's colour, an app's letter on its own.

import { h } from "./dom.js";
import { displayName, state, user } from "./state.js";

const COLOURS = ["#2f6f9f", "#8a3b8f", "#2e7d5b", "#b0532a", "#56629e", "#9d3c56", "#5a7a1f", "#7a5c2e"];

/** {name, isApp, id} of a message's author. */
export function author(message) {
  const isApp = Boolean(message.bot_id);
  const name =
    message.username ??
    (isApp ? (message.bot_profile?.name ?? state.app?.name) : displayName(user(message.user))) ??
    message.user ??
    "Slackbot";
  return { name, isApp, id: message.user ?? message.bot_id };
}

export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name.slice(0, 1)).toUpperCase();
}

export function avatar({ name, isApp, id }, size = 36) {
  const place = [...state.users.keys()].indexOf(id);
  const colour = COLOURS[(place + COLOURS.length) % COLOURS.length];
  return h(
    "span",
    {
      class: isApp ? "avatar avatar--app" : "avatar",
      "aria-hidden": "true",
      style: `--size:${size}px;background-color:${colour}`,
    },
    initials(name),
  );
}

export function face(id, size) {
  const person = user(id);
  return avatar({ name: displayName(person) ?? id, isApp: Boolean(person?.is_bot), id }, size);
}
