// One message as a row: who, when, what, its attachments and files, the thread under it, and what one can do with it.

import { attachment, file } from "./attachments.js";
import { blockNodes } from "./blocks.js";
import { callAlarm } from "./calls.js";
import { ago, clock, moment } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { permalink, tools } from "./messagetools.js";
import { mrkdwn, spokenText } from "./mrkdwn.js";
import { author, avatar, face } from "./people.js";
import { reactionRow } from "./reactions.js";
import { timezone } from "./state.js";
import { surface } from "./surface.js";

/** `follows`: same author shortly before, so no head is drawn. `inThread`: no reply bar. `openThread(ts)` shows the thread. */
export function messageRow(message, { channel, follows = false, inThread = false, openThread }) {
  const who = author(message);
  const epoch = Number(message.ts);
  const time = (text) =>
    h("a", { class: "message__time", href: permalink(channel, message), title: moment(epoch, timezone()) }, text);
  const place = surface({ type: message.is_ephemeral ? "ephemeral" : "message", channel, ts: message.ts });
  return h(
    "div",
    {
      class: follows ? "message message--follows" : "message",
      role: "listitem",
      tabindex: "-1",
      "data-ts": message.ts,
      "aria-label": `${who.name}, ${clock(epoch, timezone())}`,
    },
    h("div", { class: "message__gutter" }, follows ? time(clock(epoch, timezone()).replace(/ .M$/, "")) : avatar(who)),
    h(
      "div",
      { class: "message__main" },
      message.is_ephemeral && h("div", { class: "message__private" }, icon("eye", 14), "Only visible to you"),
      message.subtype === "thread_broadcast" && broadcastLine(message, inThread, openThread),
      !follows &&
        h(
          "div",
          { class: "message__head" },
          h("span", { class: "message__author" }, who.name),
          who.isApp && h("span", { class: "app-badge" }, "APP"),
          time(clock(epoch, timezone())),
        ),
      h("div", { class: "message__content" }, content(message, place)),
      callAlarm(message),
      reactionRow(message, channel),
      !inThread && message.reply_count > 0 && replyBar(message, openThread),
    ),
    tools(message, channel, inThread ? null : openThread),
  );
}

/** A reply that was also sent to the channel says so in both places. */
function broadcastLine(message, inThread, openThread) {
  if (inThread) return h("div", { class: "message__private" }, icon("hash", 14), "Also sent to the channel");
  const about = spokenText(message.root?.text ?? "").slice(0, 80);
  return h(
    "div",
    { class: "message__private" },
    "replied to a thread: ",
    h("button", { class: "link-button", onclick: () => openThread(message.thread_ts) }, about || "the first message"),
  );
}

function content(message, place) {
  const edited =
    message.edited && h("span", { class: "edited", title: moment(Number(message.edited.ts), timezone()) }, " (edited)");
  const body = message.blocks?.length
    ? [...blockNodes(message.blocks, place), edited]
    : message.text
      ? [h("div", { class: "text" }, mrkdwn(message.text), edited)]
      : [];
  return [
    ...body,
    ...(message.attachments ?? []).map((each) => attachment(each, place)),
    ...(message.files ?? []).map(file),
  ];
}

function replyBar(message, openThread) {
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    { class: "replies", onclick: () => openThread(message.ts) },
    (message.reply_users ?? []).slice(0, 5).map((id) => face(id, 24)),
    h("span", { class: "replies__count" }, count),
    message.latest_reply && h("span", { class: "replies__last" }, `Last reply ${ago(Number(message.latest_reply))}`),
    h("span", { class: "replies__view" }, "View thread"),
    icon("right", 16),
  );
}
