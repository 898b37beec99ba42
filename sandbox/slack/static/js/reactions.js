// Reactions under a message: counted, added and taken back.

import { post } from "./api.js";
import { h } from "./dom.js";
import { findEmoji } from "./emoji.js";
import { emoji } from "./inline.js";
import { notify, openPopover } from "./popover.js";
import { state, userName } from "./state.js";

const SHOWN = 64;
const LAST_USED = ["white_check_mark", "eyes", "raised_hands", "+1", "tada", "heart", "pray", "thinking_face"];

export function reactionRow(message, where) {
  return (
    message.reactions?.length > 0 && h("div", { class: "reactions" }, message.reactions.map((each) => pill(each, message, where)))
  );
}

function pill({ name, count, users = [] }, message, where) {
  const mine = users.includes(state.me.id);
  const title = `${users.map(userName).join(", ")} reacted with :${name}:`;
  const inside = [emoji(name), h("span", {}, String(count))];
  return h(
    "button",
    { class: "reaction", title, "aria-pressed": String(mine), onclick: () => react(where, message, name, mine) },
    inside,
  );
}

async function react(where, message, name, remove) {
  const body = { user: state.me.id, channel: where, ts: message.ts, name, remove };
  const answer = await post("reaction", body);
  if (!answer.ok) notify("That reaction didn’t work", answer.error);
}

/** Lets one search for an emoji and adds it. */
export function pickReaction(anchor, where, message) {
  const grid = h("div", { class: "emojis", role: "listbox", "aria-label": "Emoji" });
  const field = h("input", {
    class: "picker__filter",
    placeholder: "Search all emoji",
    "aria-label": "Search all emoji",
    oninput: fill,
    onkeydown: (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      grid.firstElementChild?.click();
    },
  });
  const box = h("div", { class: "popover picker__box" }, field, grid);
  fill();
  openPopover(anchor, box);
  field.focus();

  function fill() {
    const wanted = field.value.trim().toLowerCase().replaceAll(" ", "_");
    const found = wanted ? findEmoji(wanted, SHOWN).map(([name]) => name) : [...new Set([...LAST_USED, ...findEmoji("", SHOWN).map(([name]) => name)])].slice(0, SHOWN);
    grid.replaceChildren(
      ...found.map((name) => h("button", { role: "option", title: `:${name}:`, "aria-label": `:${name}:`, onclick: () => choose(name) }, emoji(name))),
    );
  }

  function choose(name) {
    box.hidePopover();
    react(where, message, name, false);
  }
}
