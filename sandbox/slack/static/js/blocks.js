// Block Kit blocks as DOM nodes. A block Slack would not know shows as an explicit error, never as silence.
// https://docs.slack.dev/reference/block-kit/blocks

import { broken } from "./acting.js";
import { h } from "./dom.js";
import { elementNode } from "./elements.js";
import { icon } from "./icons.js";
import { plain, plainText } from "./inline.js";
import { markdown } from "./markdown.js";
import { textNodes } from "./mrkdwn.js";
import { zoom } from "./popover.js";
import { richText } from "./richtext.js";

const FOLD_CHARACTERS = 700;
const FOLD_LINES = 14;

/** `surface` is where actions go and entries are kept; acting.js says what it offers. */
export function blockNodes(blocks, surface) {
  return blocks.map((block) => {
    const build = BUILDERS[block.type];
    const node = build
      ? build(block, { surface, blockId: block.block_id, sends: true })
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

const imageSource = (image) =>
  image.image_url ?? image.slack_file?.url ?? `/files/${image.slack_file?.id}/image`;

function thumbnail(image) {
  return h(
    "button",
    {
      class: "thumbnail",
      "aria-label": `Enlarge: ${image.alt_text}`,
      onclick: () => zoom(imageSource(image), image.alt_text),
    },
    h("img", { src: imageSource(image), alt: image.alt_text }),
  );
}

/** A picture under its title (a plain_text object); the title folds it away, a click enlarges it. */
export function picture(source, alt, title) {
  const frame = h(
    "button",
    { class: "picture", "aria-label": `Enlarge: ${alt}`, onclick: () => zoom(source, title?.text ?? alt) },
    h("img", { src: source, alt, onerror: () => frame.replaceWith(broken("This image couldn’t be loaded")) }),
  );
  if (!title) return h("div", {}, frame);
  const toggle = h(
    "button",
    {
      class: "picture__title",
      "aria-expanded": "true",
      onclick: () => {
        frame.hidden = !frame.hidden;
        toggle.setAttribute("aria-expanded", String(!frame.hidden));
      },
    },
    h("span", {}, plainText(title)),
    icon("down", 14),
  );
  return h("div", {}, toggle, frame);
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

function table(block) {
  const column = (at) => block.column_settings?.[at] ?? {};
  const cell = (tag, content, at) =>
    h(
      tag,
      {
        scope: tag === "th" ? "col" : null,
        style: `text-align:${column(at).align ?? "left"}`,
        class: column(at).is_wrapped ? "wrapped" : null,
      },
      cellContent(content),
    );
  const [head, ...rows] = block.rows;
  return h(
    "div",
    { tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((content, at) => cell("th", content, at)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((content, at) => cell("td", content, at)),
          ),
        ),
      ),
    ),
  );
}

function cellContent(content) {
  return content.type === "rich_text" ? richText(content) : plain(content.text);
}

function contextItem(element) {
  return element.type === "image"
    ? h("img", { src: imageSource(element), alt: element.alt_text })
    : h("span", {}, textNodes(element));
}

const BUILDERS = {
  section,
  input,
  table,
  header: (block) => h("h3", {}, plainText(block.text)),
  divider: () => h("hr"),
  context: (block) => h("div", {}, block.elements.map(contextItem)),
  actions: (block, place) =>
    h(
      "div",
      {},
      block.elements.map((element) => h("span", { class: "action" }, elementNode(element, place))),
    ),
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
