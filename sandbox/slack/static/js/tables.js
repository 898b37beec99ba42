// Tables: the plain one, and the data table one can sort, filter and page through.
// https://docs.slack.dev/reference/block-kit/blocks/table-block, …/data-table-block

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plain } from "./inline.js";
import { richText } from "./richtext.js";

const PAGE_SIZE = 5;

function cellContent(content) {
  return content.type === "rich_text" ? richText(content) : plain(content.text);
}

const frame = (label, table) => h("div", { class: "table", tabindex: "0", role: "region", "aria-label": label }, table);

export function table(block) {
  const cell = (tag) => (content, at) => {
    const { align = "left", is_wrapped: wrapped } = block.column_settings?.[at] ?? {};
    const scope = tag === "th" ? "col" : null;
    return h(tag, { scope, style: `text-align:${align}`, class: wrapped && "wrapped" }, cellContent(content));
  };
  const [head, ...rows] = block.rows;
  const body = rows.map((row) => h("tr", {}, row.map(cell("td"))));
  return h(
    "div",
    {},
    frame("Table", h("table", {}, h("thead", {}, h("tr", {}, head.map(cell("th")))), h("tbody", {}, body))),
  );
}

const words = (cell) => (cell.type === "rich_text" ? richText(cell).textContent : cell.text);

function compare(one, other) {
  if (one.type === "raw_number" && other.type === "raw_number") return one.value - other.value;
  return words(one).localeCompare(words(other), undefined, { numeric: true });
}

export function dataTable(block) {
  const [head, ...all] = block.rows;
  const size = block.page_size ?? PAGE_SIZE;
  const named = block.row_header_column_index ?? 0;
  const numeric = head.map((_, at) => all.every((row) => row[at].type === "raw_number"));
  const shown = { sorted: null, falling: false, page: 0, wanted: "" };
  const body = h("tbody");
  const heads = head.map((content, at) =>
    h(
      "th",
      { scope: "col", class: numeric[at] ? "number" : null },
      h("button", { class: "table__sort", onclick: () => sort(at) }, cellContent(content), icon("down", 12)),
    ),
  );
  const filter = h("input", {
    class: "table__filter",
    type: "search",
    placeholder: "Filter rows",
    "aria-label": `Filter ${block.caption}`,
    oninput: ({ target }) => change({ wanted: target.value.trim().toLowerCase(), page: 0 }),
  });
  const range = h("span", { role: "status" });
  const step = (by, label, picture) =>
    h(
      "button",
      { class: "icon-button", "aria-label": label, onclick: () => change({ page: shown.page + by }) },
      icon(picture, 16),
    );
  const [back, on] = [step(-1, "Previous rows", "back"), step(1, "Next rows", "right")];
  draw();
  return h(
    "div",
    {},
    h("div", { class: "table__top" }, h("b", {}, block.caption), all.length > size && filter),
    frame(
      block.caption,
      h(
        "table",
        {},
        h("caption", { class: "spoken" }, block.caption),
        h("thead", {}, h("tr", {}, heads)),
        body,
      ),
    ),
    all.length > size && h("div", { class: "table__foot" }, range, back, on),
  );

  function sort(at) {
    const again = shown.sorted === at;
    change({ sorted: again && shown.falling ? null : at, falling: again && !shown.falling, page: 0 });
  }

  function change(what) {
    Object.assign(shown, what);
    draw();
  }

  function draw() {
    const rows = all.filter((row) => row.some((cell) => words(cell).toLowerCase().includes(shown.wanted)));
    const way = shown.falling ? -1 : 1;
    if (shown.sorted !== null) rows.sort((one, other) => way * compare(one[shown.sorted], other[shown.sorted]));
    const from = shown.page * size;
    const to = Math.min(from + size, rows.length);
    body.replaceChildren(...rows.slice(from, to).map(line));
    heads.forEach((node, at) =>
      node.setAttribute("aria-sort", shown.sorted !== at ? "none" : shown.falling ? "descending" : "ascending"),
    );
    range.textContent = rows.length ? `${from + 1}–${to} of ${rows.length}` : "No rows match";
    back.disabled = from === 0;
    on.disabled = to >= rows.length;
  }

  function line(row) {
    const cell = (content, at) =>
      at === named
        ? h("th", { scope: "row", class: numeric[at] ? "number" : null }, cellContent(content))
        : h("td", { class: numeric[at] ? "number" : null }, cellContent(content));
    return h("tr", {}, row.map(cell));
  }
}
