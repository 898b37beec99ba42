// The markdown block: standard Markdown, as far as Slack shows it, as DOM nodes.
// https://docs.slack.dev/reference/block-kit/blocks/markdown-block

import { h } from "./dom.js";
import { emoji, link, plain } from "./inline.js";

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;

export function markdown(text) {
  const lines = text.replaceAll("\r", "").split("\n");
  const nodes = [];
  while (lines.length) nodes.push(...block(lines));
  return nodes;
}

/** Takes one construct off the front of `lines`. */
function block(lines) {
  const line = lines[0];
  if (/^\s*```/.test(line)) return [fenced(lines)];
  if (/^\s*\|.*\|\s*$/.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[1] ?? "")) return [table(lines)];
  if (ITEM.test(line)) return [list(lines, line.match(ITEM)[1].length)];
  if (/^>/.test(line))
    return [
      h(
        "blockquote",
        {},
        markdown(
          takeWhile(lines, (each) => /^>/.test(each))
            .map((each) => each.replace(/^> ?/, ""))
            .join("\n"),
        ),
      ),
    ];
  lines.shift();
  const heading = line.match(/^(#{1,6})\s+(.*?)\s*#*$/);
  if (heading)
    return [h(`h${Math.min(6, heading[1].length + 2)}`, { class: `md-h${heading[1].length}` }, inline(heading[2]))];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [h("hr")];
  if (!line.trim()) return [];
  const more = takeWhile(lines, (each) => each.trim() && !ITEM.test(each) && !/^(#{1,6}\s|>|\s*```|\s*\|)/.test(each));
  return [
    h(
      "p",
      {},
      [line, ...more].flatMap((each, at) => [at > 0 && h("br"), inline(each)]),
    ),
  ];
}

function takeWhile(lines, wanted) {
  const end = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function fenced(lines) {
  lines.shift();
  const code = takeWhile(lines, (line) => !/^\s*```/.test(line));
  lines.shift();
  return h("pre", {}, code.join("\n"));
}

function list(lines, indent) {
  const ordered = /^\s*\d/.test(lines[0]);
  const box = h(ordered ? "ol" : "ul", { start: ordered ? Number.parseInt(lines[0], 10) : null });
  for (let match; lines.length && (match = lines[0].match(ITEM));) {
    if (match[1].length < indent) break;
    if (match[1].length > indent) {
      (box.lastElementChild ?? box).append(list(lines, match[1].length));
      continue;
    }
    lines.shift();
    const task = match[3].match(/^\[([ xX])\]\s+(.*)$/);
    box.append(
      h(
        "li",
        { class: task ? "task" : null },
        task ? [task[1] === " " ? "☐ " : "☑ ", inline(task[2])] : inline(match[3]),
      ),
    );
  }
  return box;
}

function table(lines) {
  const cells = (line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => cell.trim());
  const [head, , ...rows] = takeWhile(lines, (line) => /^\s*\|.*\|\s*$/.test(line)).map(cells);
  return h(
    "div",
    { class: "block--table" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((cell) => h("th", { scope: "col" }, inline(cell))),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell) => h("td", {}, inline(cell))),
          ),
        ),
      ),
    ),
  );
}

const SPANS = [
  [/^`([^`]+)`/, (match) => h("code", {}, match[1])],
  [/^!?\[([^\]]*)\]\(([^\s)]+)\)/, (match) => link(match[2], inline(match[1]))],
  [/^<(https?:[^>]+)>/, (match) => link(match[1], match[1])],
  [/^https?:\/\/[^\s<>)]*[^\s<>).,:;!?]/, (match) => link(match[0], match[0])],
  [/^(\*\*|__)(?=\S)([\s\S]*?\S)\1/, (match) => h("b", {}, inline(match[2]))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (match) => h("s", {}, inline(match[1]))],
  [/^([*_])(?=\S)([^*_]*?\S)\1(?![\p{L}\p{N}])/u, (match) => h("i", {}, inline(match[2]))],
  [/^:([a-z0-9_+'-]+):/, (match) => emoji(match[1])],
  [/^\\([\\`*_{}[\]()#+.!|~>-])/, (match) => match[1]],
];

function inline(text) {
  const nodes = [];
  let literal = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const wordBefore = /[\p{L}\p{N}]/u.test(text[at - 1] ?? "") && /^[_h]/.test(rest);
    const [match, build] =
      (!wordBefore && SPANS.map(([pattern, make]) => [rest.match(pattern), make]).find(([found]) => found)) || [];
    if (!match) {
      literal += text[at];
      at += 1;
      continue;
    }
    nodes.push(...plain(literal), build(match));
    literal = "";
    at += match[0].length;
  }
  return [...nodes, ...plain(literal)];
}
