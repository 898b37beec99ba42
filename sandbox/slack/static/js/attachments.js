// What hangs under a message: attachments with their colour bar, and files.

import { blockNodes } from "./blocks.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { picture } from "./pictures.js";

const BARS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

export function attachment(each, place) {
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

export function file(each) {
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
