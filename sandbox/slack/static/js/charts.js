// The data visualization block: its frame, its legend, and the same numbers as a table for those who hear the page.
// https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block

import { colour, numberText } from "./chartparts.js";
import { h } from "./dom.js";
import { pie } from "./pie.js";
import { plot } from "./plot.js";

export function chart(block) {
  const { chart } = block;
  const names = chart.type === "pie" ? chart.segments.map((each) => each.label) : chart.series.map((each) => each.name);
  const tip = h("div", { class: "chart__tip", hidden: true });
  const stage = h("div", { class: "chart__stage" }, chart.type === "pie" ? pie(chart, tip) : plot(chart, tip), tip);
  return h(
    "figure",
    { class: `chart chart--${chart.type}` },
    h("figcaption", {}, block.title),
    stage,
    h(
      "div",
      { class: "chart__keys", "aria-hidden": "true" },
      names.map((name, at) => h("span", {}, h("i", { style: `background:${colour(at)}` }), name)),
    ),
    spokenTable(block.title, chart),
  );
}

function spokenTable(title, chart) {
  const row = (tag, cells) =>
    h("tr", {}, cells.map((cell, at) => h(at === 0 ? "th" : tag, { scope: at === 0 ? "row" : null }, String(cell))));
  const rows =
    chart.type === "pie"
      ? chart.segments.map((each) => row("td", [each.label, numberText(each.value)]))
      : [
          row("th", [chart.axis_config.x_label ?? "", ...chart.series.map((each) => each.name)]),
          ...chart.axis_config.categories.map((name, at) =>
            row("td", [name, ...chart.series.map((each) => numberText(each.data[at].value))]),
          ),
        ];
  return h("table", { class: "spoken" }, h("caption", {}, title), rows);
}
