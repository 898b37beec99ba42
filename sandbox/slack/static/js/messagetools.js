// What one can do with a message: react, reply, and look behind it — its JSON, how it reads aloud, whom it calls.

import { callChip, callText } from "./calls.js";
import { h, spoken } from "./dom.js";
import { icon } from "./icons.js";
import { copy, copyButton, jsonView } from "./json.js";
import { spokenText } from "./mrkdwn.js";
import { author, avatar } from "./people.js";
import { openDialog, openMenu } from "./popover.js";
import { pickReaction } from "./reactions.js";
import { channel, channelTitle, state } from "./state.js";

const PREVIEW = 140;

export function permalink(where, message) {
  return `/page/permalink/${where}/p${message.ts.replace(".", "")}?user=${state.me.name}`;
}

/** The bar at a message's corner. `openThread` is null inside a thread. */
export function tools(message, where, openThread) {
  const press = (picture, label, onclick, extra = {}) =>
    h("button", { class: "icon-button", title: label, onclick, ...extra }, icon(picture, 18), spoken(label));
  return h(
    "div",
    { class: "message__tools", role: "toolbar", "aria-label": "Message actions" },
    callChip(message),
    !message.is_ephemeral &&
      press("react", "Add reaction", (event) => pickReaction(event.currentTarget, where, message)),
    openThread &&
      !message.is_ephemeral &&
      press("reply", "Reply in thread", () => openThread(message.thread_ts ?? message.ts)),
    press("more", "More message actions", (event) => menu(event.currentTarget, message, where), {
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    }),
  );
}

function menu(anchor, message, where) {
  const entry = (picture, label, chosen) => ({ label: [icon(picture, 16), label], chosen });
  const link = () => copy(new URL(permalink(where, message), location.href).href, "Link copied");
  openMenu(anchor, "Message actions", [
    ...(message.is_ephemeral ? [] : [entry("link", "Copy link", link)]),
    entry("braces", "View source (JSON)", () => showSource(message)),
    entry("voice", "How it reads aloud", () => showAloud(message, where)),
  ]);
}

/** The message as the Web API answers it; `notifies` is only this page's. */
function showSource({ notifies, ...message }) {
  const close = () => dialog.close();
  const foot = [
    copyButton("Copy", () => JSON.stringify(message, null, 2)),
    h("button", { class: "button button--medium", onclick: close }, "Close"),
  ];
  const dialog = openDialog("dialog dialog--wide", "Message source", jsonView(message), foot, close);
}

/** Notifications and screen readers get the top-level text, not the blocks. */
function showAloud(message, where) {
  const who = author(message);
  const room = channel(where);
  const heard = spokenText(message.text).trim();
  const only = heard ? [] : [h("p", { class: "aloud__none" }, icon("warn", 16), "It has no text: there is nothing to read.")];
  const close = () => dialog.close();
  const content = [
    h("h3", {}, "As a notification"),
    h(
      "div",
      { class: "aloud__card" },
      avatar(who, 40),
      h(
        "div",
        {},
        h("b", {}, `${who.name}${room.is_im ? "" : ` in #${channelTitle(room)}`}`),
        h("div", {}, heard.slice(0, PREVIEW) || "This content can’t be displayed."),
      ),
    ),
    h("h3", {}, "By a screen reader"),
    h("blockquote", { class: "aloud__words" }, heard ? `${who.name}. ${heard}` : `${who.name}.`),
    only,
    message.notifies && h("p", { class: "aloud__calls" }, icon("bell", 16), callText(message.notifies)),
  ];
  const foot = [h("button", { class: "button button--medium", onclick: close }, "Close")];
  const dialog = openDialog("dialog dialog--aloud", "How it reads aloud", content, foot, close);
}
