// Line, bar and area charts: drawn at the width there is, and again whenever it changes, so that text keeps its size.

import { colour, numberText, point } from "./chartparts.js";
import { h, svg } from "./dom.js";

const HEIGHT = 240;
const EDGE = { top: 10, right: 12, bottom: 26, left: 12 };
const TITLE = 18;
const STEPS = [1, 2, 5, 10];

export function plot(chart, tip) {
  const box = h("div", { class: "chart__plot", "aria-hidden": "true" });
  const redraw = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width > 0) box.replaceChildren(drawing(chart, contentRect.width, tip));
  });
  redraw.observe(box);
  return box;
}

/** Round numbers from below the least to above the greatest value; zero is always among them. */
export function ticks(values, wanted = 5) {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const raw = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = STEPS.find((each) => each * power >= raw) * power;
  const from = Math.floor(low / step);
  const to = Math.max(Math.ceil(high / step), from + 1);
  return Array.from({ length: to - from + 1 }, (_, at) => (from + at) * step);
}

function drawing(chart, width, tip) {
  const { categories, x_label: below, y_label: beside } = chart.axis_config;
  const marks = ticks(chart.series.flatMap((each) => each.data.map((each) => each.value)));
  const widest = Math.max(...marks.map((mark) => numberText(mark).length)) * 7;
  const area = {
    left: EDGE.left + widest + (beside ? TITLE : 0),
    right: width - EDGE.right,
    top: EDGE.top,
    bottom: HEIGHT - EDGE.bottom - (below ? TITLE : 0),
  };
  const slot = (area.right - area.left) / categories.length;
  const scale = {
    ...area,
    slot,
    x: (at) => area.left + slot * (at + 0.5),
    y: (value) => area.bottom - ((value - marks[0]) / (marks.at(-1) - marks[0])) * (area.bottom - area.top),
  };
  const middle = (area.top + area.bottom) / 2;
  return svg(
    "svg",
    { width, height: HEIGHT, class: "chart__svg" },
    marks.map((mark) => gridLine(mark, scale)),
    SHAPES[chart.type](chart.series, scale),
    categoryLabels(categories, scale),
    below && svg("text", { x: (area.left + area.right) / 2, y: HEIGHT - 4, class: "chart__title" }, below),
    beside &&
      svg("text", { x: 12, y: middle, class: "chart__title", transform: `rotate(-90 12 ${middle})` }, beside),
    categories.map((name, at) => sensor(name, at, chart.series, scale, tip)),
  );
}

function gridLine(mark, { left, right, y }) {
  return [
    svg("line", { x1: left, x2: right, y1: y(mark), y2: y(mark), class: mark === 0 ? "chart__zero" : "chart__grid" }),
    svg("text", { x: left - 6, y: y(mark) + 4, class: "chart__mark" }, numberText(mark)),
  ];
}

/** As many names as fit without touching. */
function categoryLabels(categories, { x, bottom, slot }) {
  const widest = Math.max(...categories.map((name) => name.length)) * 6.5 + 8;
  const every = Math.max(1, Math.ceil(widest / slot));
  return categories.map(
    (name, at) => at % every === 0 && svg("text", { x: x(at), y: bottom + 17, class: "chart__category" }, name),
  );
}

const along = (series, { x, y }) => series.data.map((each, at) => `${x(at)} ${y(each.value)}`).join("L");

function lines(series, scale) {
  return series.map((each, at) => [
    svg("path", { d: `M${along(each, scale)}`, class: "chart__line", style: `stroke:${colour(at)}` }),
    each.data.map((value, index) =>
      svg("circle", { cx: scale.x(index), cy: scale.y(value.value), r: 3, style: `fill:${colour(at)}` }),
    ),
  ]);
}

/** Layered in the order given, the first at the back. */
function areas(series, scale) {
  const floor = scale.y(0);
  return series.map((each, at) => [
    svg("path", {
      d: `M${scale.x(0)} ${floor}L${along(each, scale)}L${scale.x(each.data.length - 1)} ${floor}Z`,
      class: "chart__area",
      style: `fill:${colour(at)}`,
    }),
    svg("path", { d: `M${along(each, scale)}`, class: "chart__line", style: `stroke:${colour(at)}` }),
  ]);
}

function bars(series, { x, y, slot }) {
  const width = Math.min(40, (slot * 0.72) / series.length);
  return series.flatMap((each, at) =>
    each.data.map(({ value }, index) =>
      svg("rect", {
        x: x(index) + (at - series.length / 2) * width + 1,
        y: Math.min(y(value), y(0)),
        width: Math.max(1, width - 2),
        height: Math.abs(y(value) - y(0)),
        rx: 2,
        style: `fill:${colour(at)}`,
      }),
    ),
  );
}

const SHAPES = { line: lines, area: areas, bar: bars };

/** An invisible column over each category that tells its values to whoever points at it. */
function sensor(name, at, series, { left, slot, top, bottom, x, y }, tip) {
  const told = series.map((each, index) => [colour(index), each.name, numberText(each.data[at].value)]);
  const highest = Math.max(...series.map((each) => each.data[at].value));
  return svg("rect", {
    x: left + slot * at,
    y: top,
    width: slot,
    height: bottom - top,
    class: "chart__sensor",
    onpointerenter: () => point(tip, { title: name, lines: told, x: x(at), y: Math.max(20, y(highest)) }),
    onpointerleave: () => point(tip, null),
  });
}
