// Block Kit blocks as DOM nodes. A block Slack would not know shows as an explicit error, never as silence.
// https://docs.slack.dev/reference/block-kit/blocks

import { broken } from "./acting.js";
import { chart } from "./charts.js";
import { h } from "./dom.js";
import { elementNode, visibleToMe } from "./elements.js";
import { icon } from "./icons.js";
import { plainText } from "./inline.js";
import { LAYOUTS } from "./layouts.js";
import { markdown } from "./markdown.js";
import { textNodes } from "./mrkdwn.js";
import { imageSource, picture, smallPicture, thumbnail } from "./pictures.js";
import { richText } from "./richtext.js";
import { dataTable, table } from "./tables.js";

const FOLD_CHARACTERS = 700;
const FOLD_LINES = 14;

/** `surface` is where actions go and entries are kept; acting.js says what it offers. */
export function blockNodes(blocks, surface) {
  return blocks.map((block) => {
    const build = BUILDERS[block.type];
    const node = build
      ? build(block, { surface, blockId: block.block_id, sends: true, draw: (inner) => blockNodes(inner, surface) })
      : broken(`Unknown block “${block.type}”`);
    node.classList.add("block", `block--${block.type}`);
    node.dataset.block = block.block_id ?? "";
    return node;
  });
}

function section(block, place) {
  const fields =
    block.fields &&
    h(
      "div",
      { class: "fields" },
      block.fields.map((field) => h("div", {}, textNodes(field))),
    );
  return h(
    "div",
    {},
    h("div", { class: "section__text" }, block.text && foldable(block), fields),
    block.accessory &&
      visibleToMe(block.accessory) &&
      h(
        "div",
        { class: "section__accessory" },
        block.accessory.type === "image" ? thumbnail(block.accessory) : elementNode(block.accessory, place),
      ),
  );
}

function foldable(block) {
  const text = block.text.text;
  const body = h("div", {}, textNodes(block.text));
  if (block.expand || (text.length <= FOLD_CHARACTERS && text.split("\n").length <= FOLD_LINES)) return body;
  body.classList.add("folded");
  const more = h(
    "button",
    {
      class: "link-button",
      "aria-expanded": "false",
      onclick: () => {
        const folded = body.classList.toggle("folded");
        more.textContent = folded ? "See more" : "See less";
        more.setAttribute("aria-expanded", String(!folded));
      },
    },
    "See more",
  );
  return [body, more];
}

function input(block, place) {
  const control = elementNode(block.element, { ...place, sends: Boolean(block.dispatch_action) });
  const label = h(
    "span",
    { class: "input__label" },
    plainText(block.label),
    block.optional && h("span", { class: "input__optional" }, " (optional)"),
  );
  const named = ["INPUT", "TEXTAREA"].includes(control.tagName);
  if (!named)
    control.setAttribute(
      "aria-label",
      [block.label.text, control.getAttribute("aria-label")].filter(Boolean).join(", "),
    );
  return h(
    "div",
    {},
    h(named ? "label" : "div", { class: "input__box" }, label, control),
    block.hint && h("div", { class: "input__hint" }, plainText(block.hint)),
  );
}

function contextItem(element) {
  return element.type === "image"
    ? smallPicture(element)
    : h("span", {}, textNodes(element));
}

const BUILDERS = {
  ...LAYOUTS,
  section,
  input,
  table,
  data_table: dataTable,
  data_visualization: (block) => h("div", {}, chart(block)),
  header: (block) => h(`h${(block.level ?? 1) + 2}`, { "data-level": block.level }, plainText(block.text)),
  divider: () => h("hr"),
  context: (block) => h("div", {}, block.elements.map(contextItem)),
  image: (block) => picture(imageSource(block), block.alt_text, block.title),
  rich_text: (block) => richText(block),
  markdown: (block) => h("div", {}, markdown(block.text)),
  alert: (block) =>
    h(
      "div",
      { "data-level": block.level ?? "default", role: "note" },
      icon(["warning", "error"].includes(block.level) ? "warn" : "info"),
      h("span", {}, textNodes(block.text)),
    ),
};
