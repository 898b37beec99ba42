// One message as a row: who, when, what, its attachments and files, the thread under it, and what one can do with it.

import { blockNodes, picture } from "./blocks.js";
import { ago, clock, moment } from "./dates.js";
import { h, spoken } from "./dom.js";
import { icon } from "./icons.js";
import { emoji } from "./inline.js";
import { mrkdwn } from "./mrkdwn.js";
import { author, avatar, face } from "./people.js";
import { notify } from "./popover.js";
import { state, timezone, userName } from "./state.js";
import { surface } from "./surface.js";

const BARS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

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
      message.subtype === "thread_broadcast" &&
        h("div", { class: "message__private" }, icon("reply", 14), "Replied to a thread"),
      !follows &&
        h(
          "div",
          { class: "message__head" },
          h("span", { class: "message__author" }, who.name),
          who.isApp && h("span", { class: "app-badge" }, "APP"),
          time(clock(epoch, timezone())),
        ),
      h("div", { class: "message__content" }, content(message, place)),
      message.reactions?.length > 0 && h("div", { class: "reactions" }, message.reactions.map(reaction)),
      !inThread && message.reply_count > 0 && replyBar(message, openThread),
    ),
    !message.is_ephemeral && tools(message, channel, inThread, openThread),
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

function attachment(each, place) {
  const colour =
    BARS[each.color] ?? (/^#?[0-9a-f]{6}$/i.test(each.color ?? "") ? `#${each.color.replace("#", "")}` : null);
  const classic = [
    each.author_name && h("div", { class: "attachment__author" }, each.author_name),
    each.title &&
      h(
        "div",
        { class: "attachment__title" },
        mrkdwn(each.title_link ? `<${each.title_link}|${each.title}>` : each.title),
      ),
    each.text && h("div", {}, mrkdwn(each.text)),
    each.fields &&
      h(
        "div",
        { class: "fields" },
        each.fields.map((field) => h("div", {}, h("b", {}, field.title), h("div", {}, mrkdwn(field.value ?? "")))),
      ),
    each.image_url && picture(each.image_url, each.fallback ?? "attached image"),
    each.footer && h("div", { class: "attachment__footer" }, mrkdwn(each.footer)),
  ];
  return h(
    "div",
    {},
    each.pretext && h("div", {}, mrkdwn(each.pretext)),
    h(
      "div",
      { class: "attachment" },
      h("div", { class: "attachment__bar", style: colour && `background:${colour}` }),
      h("div", { class: "attachment__body" }, each.blocks ? blockNodes(each.blocks, place) : classic),
    ),
  );
}

function file(each) {
  const source = each.url_private ?? `/files/${each.id}/${encodeURIComponent(each.name)}`;
  if (each.mimetype?.startsWith("image/"))
    return h(
      "div",
      { class: "block block--image" },
      picture(source, each.alt_txt || each.title || each.name, { text: each.title || each.name }),
    );
  return h(
    "a",
    { class: "file", href: source, target: "_blank", rel: "noopener" },
    icon("file", 24),
    h("span", {}, h("b", {}, each.title || each.name), h("small", {}, each.pretty_type ?? each.mimetype ?? "File")),
  );
}

function reaction({ name, count, users }) {
  return h("span", { class: "reaction", title: users?.map(userName).join(", ") }, emoji(name), ` ${count}`);
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

function permalink(channel, message) {
  return `/page/permalink/${channel}/p${message.ts.replace(".", "")}?user=${state.me.name}`;
}

function tools(message, channel, inThread, openThread) {
  const copy = async () => {
    await navigator.clipboard.writeText(new URL(permalink(channel, message), location.href).href);
    notify("Link copied", "");
  };
  return h(
    "div",
    { class: "message__tools" },
    !inThread &&
      h(
        "button",
        { class: "icon-button", title: "Reply in thread", onclick: () => openThread(message.thread_ts ?? message.ts) },
        icon("reply", 18),
        spoken("Reply in thread"),
      ),
    h(
      "button",
      { class: "icon-button", title: "Copy link", onclick: copy },
      icon("link", 18),
      spoken("Copy link to message"),
    ),
  );
}
