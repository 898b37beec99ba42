// The rich text input: one writes with Slack's marks (*bold*, lists, quotes), the payload gets a rich_text block.
// https://docs.slack.dev/reference/block-kit/block-elements/rich-text-input-element

import { entry } from "./acting.js";
import { h } from "./dom.js";

const MARKS = { "*": "bold", _: "italic", "~": "strike", "`": "code" };
const STYLED = /([*_~`])(?=\S)([^*_~`\n]*\S)\1/;

export function richField(element, place) {
  return entry(element, place, { rich_text_value: element.initial_value ?? null }, (before, changed) => {
    const field = h("textarea", {
      class: "field",
      rows: String(element.min_lines ?? 3),
      value: writtenOf(before.rich_text_value),
      placeholder: element.placeholder?.text,
      oninput: () => place.surface.keep(place.blockId, element, { rich_text_value: richOf(field.value) }),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || !place.sends) return;
        event.preventDefault();
        changed({ rich_text_value: richOf(field.value) }, () => {});
      },
    });
    return field;
  });
}

const section = (text) => ({ type: "rich_text_section", elements: leafs(text) });

function leafs(text) {
  return text
    .split(STYLED)
    .map((piece, at, all) =>
      at % 3 === 1 ? null : at % 3 === 2 ? { type: "text", text: piece, style: { [MARKS[all[at - 1]]]: true } } : { type: "text", text: piece },
    )
    .filter((leaf) => leaf?.text);
}

const KINDS = [
  [/^> ?/, (lines) => ({ type: "rich_text_quote", elements: leafs(lines.join("\n")) })],
  [/^[-•] /, (lines) => ({ type: "rich_text_list", style: "bullet", indent: 0, elements: lines.map(section) })],
  [/^\d+\. /, (lines) => ({ type: "rich_text_list", style: "ordered", indent: 0, elements: lines.map(section) })],
];

/** Written text as a rich_text block; null when there is nothing. Neighbouring lines of one kind belong together. */
export function richOf(text) {
  const runs = [];
  for (const line of text.replace(/\s+$/, "").split("\n")) {
    const kind = KINDS.find(([mark]) => mark.test(line)) ?? null;
    const bare = kind ? line.replace(kind[0], "") : line;
    if (runs.at(-1)?.kind === kind) runs.at(-1).lines.push(bare);
    else runs.push({ kind, lines: [bare] });
  }
  const elements = runs.map(({ kind, lines }) => (kind ? kind[1](lines) : section(lines.join("\n"))));
  return text.trim() ? { type: "rich_text", elements } : null;
}

/** The other way round, for what the app preset: its words, with the marks one would have typed. */
export function writtenOf(block) {
  const marked = ({ text = "", style = {} }) =>
    Object.entries(MARKS).reduce((inner, [mark, name]) => (style[name] ? mark + inner + mark : inner), text);
  const words = (part) => part.elements.map(marked).join("");
  const written = {
    rich_text_section: words,
    rich_text_preformatted: words,
    rich_text_quote: (part) => words(part).replace(/^/gm, "> "),
    rich_text_list: ({ style, elements }) =>
      elements.map((item, at) => `${style === "ordered" ? `${at + 1}.` : "•"} ${words(item)}`).join("\n"),
  };
  return (block?.elements ?? []).map((part) => written[part.type](part)).join("\n");
}
