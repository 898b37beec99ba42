// A pie chart: slices clockwise from the top, each with its share.

import { colour, numberText, point } from "./chartparts.js";
import { svg } from "./dom.js";

const RADIUS = 90;
const MIDDLE = 100;
const LABELLED = 0.05;

export function pie({ segments }, tip) {
  const total = segments.reduce((sum, each) => sum + each.value, 0);
  let turned = 0;
  const slices = segments.map((each, at) => {
    const share = each.value / total;
    const slice = { ...each, share, from: turned, colour: colour(at) };
    turned += share;
    return slice;
  });
  return svg(
    "svg",
    { viewBox: "0 0 200 200", class: "chart__pie", "aria-hidden": "true" },
    slices.map((slice) => shape(slice, tip)),
    slices.filter((slice) => slice.share >= LABELLED).map(label),
  );
}

const on = (turn, radius) => [
  MIDDLE + radius * Math.sin(turn * 2 * Math.PI),
  MIDDLE - radius * Math.cos(turn * 2 * Math.PI),
];
const percent = (share) => `${Math.round(share * 100)}%`;

function shape({ label: name, value, share, from, colour: paint }, tip) {
  const hover = {
    onpointermove: (event) => {
      const box = tip.parentElement.getBoundingClientRect();
      const text = `${numberText(value)} · ${percent(share)}`;
      point(tip, { title: name, lines: [[paint, "", text]], x: event.clientX - box.left, y: event.clientY - box.top });
    },
    onpointerleave: () => point(tip, null),
  };
  // An arc whose ends meet draws nothing: one slice alone is a circle.
  if (share === 1) return svg("circle", { cx: MIDDLE, cy: MIDDLE, r: RADIUS, style: `fill:${paint}`, ...hover });
  const [fromX, fromY] = on(from, RADIUS);
  const [toX, toY] = on(from + share, RADIUS);
  const arc = `A${RADIUS} ${RADIUS} 0 ${share > 0.5 ? 1 : 0} 1 ${toX} ${toY}`;
  return svg("path", {
    d: `M${MIDDLE} ${MIDDLE}L${fromX} ${fromY}${arc}Z`,
    class: "chart__slice",
    style: `fill:${paint}`,
    ...hover,
  });
}

function label({ share, from }) {
  const [x, y] = on(from + share / 2, share === 1 ? 0 : RADIUS * 0.68);
  return svg("text", { x, y, class: "chart__share" }, percent(share));
}
