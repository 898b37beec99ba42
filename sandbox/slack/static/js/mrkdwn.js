// Slack's mrkdwn as DOM nodes. It is not Markdown: *one* star is bold, lists are literal, and only &amp; &lt; &gt; are escapes.
// https://docs.slack.dev/messaging/formatting-message-text/

import { h } from "./dom.js";
import {
  broadcast,
  channelMention,
  dateNode,
  emoji,
  groupMention,
  isSafe,
  link,
  plain,
  plainText,
  shortcodes,
  userMention,
} from "./inline.js";

const STYLES = { "*": "b", _: "i", "~": "s" };
const LETTER = /[\p{L}\p{N}]/u;

/** `verbatim` leaves bare addresses alone, as Slack does for text objects that say so. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  const fence = /```\n?([\s\S]+?)\n?```\n?/g;
  let from = 0;
  for (const match of text.matchAll(fence)) {
    nodes.push(...paragraphs(text.slice(from, match.index), verbatim), h("pre", {}, codeText(match[1])));
    from = match.index + match[0].length;
  }
  nodes.push(...paragraphs(text.slice(from), verbatim));
  return nodes;
}

function paragraphs(text, verbatim) {
  const nodes = [];
  const rest = text.match(/(^|\n)(?:&gt;|>){3} ?([\s\S]+)$/);
  if (rest) text = text.slice(0, rest.index + rest[1].length);
  for (const run of text.match(/(?:^(?:&gt;|>).*(?:\n|$))+|(?:^(?!&gt;|>).*(?:\n|$))+/gm) ?? []) {
    const body = run.replace(/\n$/, "");
    if (/^(?:&gt;|>)/.test(run)) nodes.push(h("blockquote", {}, lines(body.replace(/^(?:&gt;|>) ?/gm, ""), verbatim)));
    else if (run) nodes.push(...lines(body, verbatim));
  }
  if (rest) nodes.push(h("blockquote", {}, lines(rest[2], verbatim)));
  return nodes;
}

function lines(text, verbatim) {
  return text.split(/(\n{2,}|\n)/).flatMap((piece) => {
    if (/^\n\n/.test(piece)) return [...piece.slice(1)].map(() => h("span", { class: "gap" }));
    return piece === "\n" ? [h("br")] : inline(piece, verbatim);
  });
}

/** One line: styles, code, `<…>` tokens, emoji shortcodes, bare links. */
function inline(text, verbatim) {
  const nodes = [];
  let literal = "";
  const flush = () => {
    if (literal) nodes.push(...plain(unescape(literal)));
    literal = "";
  };
  for (let at = 0; at < text.length;) {
    const found = construct(text, at, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function construct(text, at, verbatim) {
  const rest = text.slice(at);
  const token = rest.match(/^<([^<>]+)>/);
  if (token) return { node: tokenNode(token[1]), end: at + token[0].length };
  const code = rest.match(/^`([^`]+)`/);
  if (code) return { node: h("code", {}, codeText(code[1])), end: at + code[0].length };
  const short = rest.match(/^:([a-z0-9_+'-]+):(?::(skin-tone-[2-6]):)?/);
  if (short) return { node: emoji(short[1], short[2]), end: at + short[0].length };
  const before = text[at - 1] ?? " ";
  const bare = !verbatim && !LETTER.test(before) && rest.match(/^https?:\/\/[^\s<>|]*[^\s<>|.,:;!?)'"*_~]/);
  if (bare) return { node: link(unescape(bare[0]), unescape(bare[0])), end: at + bare[0].length };
  const mark = text[at];
  if (!(mark in STYLES) || LETTER.test(before) || before === mark) return null;
  const end = closing(text, at + 1, mark);
  return end < 0 ? null : { node: h(STYLES[mark], {}, inline(text.slice(at + 1, end), verbatim)), end: end + 1 };
}

/** Where a style that opened just before `from` ends, or -1: marks hug their words and never touch a letter outside. */
function closing(text, from, mark) {
  if (/[\s]/.test(text[from] ?? " ") || text[from] === mark) return -1;
  for (let at = from; at < text.length; at += 1) {
    const skipped = text.slice(at).match(/^(<[^<>]+>|`[^`]+`)/);
    if (skipped) at += skipped[0].length - 1;
    else if (
      text[at] === mark &&
      at > from &&
      !/\s/.test(text[at - 1]) &&
      text[at + 1] !== mark &&
      !LETTER.test(text[at + 1] ?? " ")
    )
      return at;
  }
  return -1;
}

function tokenNode(token) {
  const bar = token.indexOf("|");
  const target = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? null : unescape(token.slice(bar + 1));
  if (target.startsWith("@")) return userMention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (!target.startsWith("!")) return linkToken(unescape(target), label) || literal(token);
  const [kind, ...details] = target.slice(1).split("^");
  if (kind === "subteam") return groupMention(details[0], label);
  if (kind === "date") return dateNode(Number(details[0]), details[1] ?? "", details[2], label ?? "");
  if (["here", "channel", "everyone"].includes(kind)) return broadcast(kind);
  return label === null ? literal(token) : h("span", {}, label);
}

function linkToken(url, label) {
  return isSafe(url) && link(url, label === null ? url.replace(/^mailto:/, "") : shortcodes(label));
}

/** What is no token of Slack's stays as it was typed. */
function literal(token) {
  return h("span", {}, `<${unescape(token)}>`);
}

/** Inside code nothing is styled, and a link shows as its text. */
function codeText(text) {
  return unescape(text.replace(/<([^<>|]+)(?:\|([^<>]+))?>/g, (_, target, label) => label ?? target));
}

/** The three escapes of the wire, undone once. */
function unescape(text) {
  const marks = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
  return text.replace(/&(?:amp|lt|gt);/g, (escape) => marks[escape]);
}

/** A text object of either kind as nodes. */
export function textNodes(object) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, { verbatim: object.verbatim }) : plainText(object);
}

/** A line of plain words out of mrkdwn, for notices and screen readers. */
export function spokenText(text) {
  const box = h("div", {}, mrkdwn(text ?? ""));
  for (const breaking of box.querySelectorAll("br, .gap")) breaking.replaceWith(" ");
  return box.textContent;
}
