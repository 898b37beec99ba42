// What a writer can mean: suggestions for the word being typed, and the names in a finished text as references.

import { findEmoji } from "./emoji.js";
import { displayName, state } from "./state.js";

const SHOWN = 8;

/** What fits the word before the cursor: [{label, insert, hint?, note?}]. */
export function suggestions(field, commands) {
  const found = wordBefore(field);
  const sources = {
    "/": () =>
      commands && found.from === 0
        ? state.commands.map((each) => ({
            label: each.command,
            insert: each.command,
            hint: each.usage_hint,
            note: each.description,
          }))
        : [],
    "@": () => people().map(([name, note]) => ({ label: `@${name}`, insert: `@${name}`, note })),
    "#": () =>
      [...state.channels.values()]
        .filter((room) => !room.is_im)
        .map((room) => ({ label: `#${room.name}`, insert: `#${room.name}`, note: room.topic })),
    ":": () =>
      found.word.length > 1
        ? findEmoji(found.word.slice(1).toLowerCase(), SHOWN).map(([name, picture]) => ({
            label: `${picture} :${name}:`,
            insert: `:${name}:`,
          }))
        : [],
  };
  const entries = sources[found.word[0]]?.() ?? [];
  const wanted = found.word.toLowerCase();
  return {
    found,
    entries: (found.word[0] === ":"
      ? entries
      : entries.filter((entry) => entry.label.toLowerCase().startsWith(wanted) && entry.label !== found.word)
    ).slice(0, SHOWN),
  };
}

function wordBefore(field) {
  const from = field.value.slice(0, field.selectionStart).search(/\S+$/);
  return { from, word: from < 0 ? "" : field.value.slice(from, field.selectionStart) };
}

function people() {
  return [
    ...[...state.users.values()].map((person) => [person.name, displayName(person)]),
    ...[...state.groups.values()].map((group) => [group.handle, group.name]),
    ["here", "Notify every online member"],
    ["channel", "Notify everyone here"],
  ];
}

/** What was typed → what goes over the wire: three escapes, and names that exist as references. */
export function wire(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const user = (name) => [...state.users.values()].find((person) => person.name === name);
  const group = (name) => [...state.groups.values()].find((each) => each.handle === name);
  const room = (name) => [...state.channels.values()].find((each) => !each.is_im && each.name === name);
  return escaped
    .replace(/(^|[\s(])@([\w.-]+)/g, (all, before, name) => {
      if (["here", "channel", "everyone"].includes(name)) return `${before}<!${name}>`;
      if (user(name)) return `${before}<@${user(name).id}>`;
      return group(name) ? `${before}<!subteam^${group(name).id}>` : all;
    })
    .replace(/(^|[\s(])#([\w-]+)/g, (all, before, name) => (room(name) ? `${before}<#${room(name).id}>` : all));
}
