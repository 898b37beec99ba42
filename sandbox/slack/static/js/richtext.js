// rich_text blocks as DOM nodes. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from "./dom.js";
import { broadcast, channelMention, dateNode, emoji, groupMention, link, plain, userMention } from "./inline.js";

export function richText(block) {
  return h("div", { class: "rich" }, lists(block.elements ?? []));
}

/** Neighbouring lists of growing indent become one nested list; everything else stands alone. */
function lists(elements) {
  const nodes = [];
  let open = [];
  for (const element of elements) {
    if (element.type !== "rich_text_list") {
      open = [];
      nodes.push(part(element));
      continue;
    }
    const indent = element.indent ?? 0;
    open = open.filter((entry) => entry.indent <= indent);
    const same = open.at(-1);
    const items = element.elements.map((item) => h("li", {}, leafs(item.elements)));
    if (same?.indent === indent && same.style === element.style) {
      same.list.append(...items);
      continue;
    }
    if (same?.indent === indent) open.pop();
    const list = h(
      element.style === "ordered" ? "ol" : "ul",
      { class: element.border ? "bordered" : null, "data-indent": indent, start: (element.offset ?? 0) + 1 },
      items,
    );
    const parent = open.at(-1);
    if (parent) parent.list.lastElementChild.append(list);
    else nodes.push(list);
    open.push({ indent, style: element.style, list });
  }
  return nodes;
}

function part(element) {
  if (element.type === "rich_text_section") return h("div", {}, leafs(element.elements));
  if (element.type === "rich_text_quote") return h("blockquote", {}, leafs(element.elements));
  if (element.type === "rich_text_preformatted") return h("pre", {}, leafs(element.elements));
  return h("span", { class: "broken" }, `Unknown rich text part “${element.type}”`);
}

function leafs(elements = []) {
  return elements.map((leaf) => styled(leafNodes(leaf), leaf.style));
}

const LEAFS = {
  text: (leaf) => leaf.text.split(/(\n)/).flatMap((piece) => (piece === "\n" ? [h("br")] : plain(piece))),
  link: (leaf) => link(leaf.url, plain(leaf.text || leaf.url)),
  user: (leaf) => userMention(leaf.user_id),
  usergroup: (leaf) => groupMention(leaf.usergroup_id),
  channel: (leaf) => channelMention(leaf.channel_id),
  broadcast: (leaf) => broadcast(leaf.range),
  team: (leaf) => h("span", { class: "mention" }, leaf.team_id),
  emoji: (leaf) => emoji(leaf.name, leaf.skin_tone ? `skin-tone-${leaf.skin_tone}` : ""),
  date: (leaf) => dateNode(leaf.timestamp, leaf.format, leaf.url, leaf.fallback ?? ""),
  color: (leaf) => [
    h("span", { class: "swatch", style: `background:${CSS.escape(leaf.value).replace(/^\\#/, "#")}` }),
    leaf.value,
  ],
};

function leafNodes(leaf) {
  return LEAFS[leaf.type]?.(leaf) ?? h("span", { class: "broken" }, `Unknown rich text element “${leaf.type}”`);
}

function styled(nodes, style = {}) {
  const tags = { code: "code", bold: "b", italic: "i", strike: "s", underline: "u" };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), nodes);
}
