// The small things inside a line of text: links, mentions, emoji, dates. mrkdwn.js, richtext.js and markdown.js share them.

import { formatDate, moment } from "./dates.js";
import { h } from "./dom.js";
import { glyph, splitEmoji } from "./emoji.js";
import { channel, channelTitle, mentionsMe, state, timezone, user, userName } from "./state.js";

/** Plain text as nodes: line breaks kept, unicode emoji given their size and a name for screen readers. */
export function plain(text) {
  return splitEmoji(text).map((piece) => (piece.name ? emojiNode(piece.name, piece.glyph) : piece.text));
}

/** A plain_text object's text: nothing in it is styled, but `:name:` becomes its picture unless it says otherwise. */
export function plainText(object) {
  return object.emoji === false ? plain(object.text) : shortcodes(object.text);
}

/** Plain text in which `:name:` counts. */
export function shortcodes(text) {
  return text.split(/(:[a-z0-9_+'-]+:(?::skin-tone-[2-6]:)?)/).flatMap((piece) => {
    const [, name, tone] = piece.match(/^:([a-z0-9_+'-]+):(?::(skin-tone-[2-6]):)?$/) ?? [];
    return name ? emoji(name, tone) : plain(piece);
  });
}

/** `:name:` as its picture, or literally when there is no such emoji, as Slack does. */
export function emoji(name, tone = "") {
  const picture = glyph(name, tone);
  return picture ? emojiNode(name, picture) : `:${name}:`;
}

function emojiNode(name, picture) {
  return h(
    "span",
    { class: "emoji", role: "img", "aria-label": `${name.replaceAll("_", " ")} emoji`, title: `:${name}:` },
    picture,
  );
}

const SAFE = /^(https?:|mailto:|tel:|slack:)/i;

/** Whether a link may be followed: its scheme cannot run code. */
export function isSafe(url) {
  return SAFE.test(url);
}

/** A link, or just its label when it must not be followed. */
export function link(url, label) {
  return isSafe(url)
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "link" }, label)
    : h("span", {}, label);
}

export function userMention(id, label) {
  return mention(`@${user(id) ? userName(id) : (label ?? id)}`, mentionsMe(id));
}

export function groupMention(id, label) {
  const group = state.groups.get(id);
  return mention(`@${group?.handle ?? (label ?? id).replace(/^@/, "")}`, mentionsMe(id));
}

export function broadcast(range) {
  return mention(`@${range}`, true);
}

function mention(text, toMe) {
  return h("span", { class: toMe ? "mention mention--me" : "mention" }, text);
}

export function channelMention(id, label) {
  const room = channel(id);
  const name = room ? channelTitle(room) : label;
  if (!name) return h("span", { class: "mention" }, "#private-channel");
  return h("a", { class: "mention", href: `?${new URLSearchParams({ channel: id })}`, "data-channel": id }, `#${name}`);
}

export function dateNode(epoch, format, url, fallback) {
  const text = formatDate(epoch, format, timezone());
  if (text === null) return h("span", {}, fallback);
  const time = h("time", { datetime: new Date(epoch * 1000).toISOString(), title: moment(epoch, timezone()) }, text);
  return url ? link(url, [time]) : time;
}
