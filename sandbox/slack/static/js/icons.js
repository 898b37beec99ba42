// The page's few icons, drawn here so that nothing is fetched: 20×20, one stroke, the colour of the text round them.

import { svg } from "./dom.js";

const PATHS = {
  hash: "M8 3 6 17M14 3l-2 14M3.5 7.5h14M2.5 12.5h14",
  lock: "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3",
  send: "M3.5 16.5 17.5 10 3.5 3.5v5L12 10l-8.5 1.5z",
  back: "M12.5 4 6.5 10l6 6",
  close: "m5 5 10 10M15 5 5 15",
  down: "m5.5 8 4.5 4.5L14.5 8",
  right: "m8 5.5 4.5 4.5L8 14.5",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  reply: "M3.5 4.5h13v9.5h-7l-4 3v-3h-2zM7 8h6M7 11h4",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3L10 5.7M11.5 8.5a3 3 0 0 0-4.3 0L4.5 11.2a3 3 0 0 0 4.3 4.3L10 14.3",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  warn: "M10 3 2 16.5h16zM10 8v4M10 14.3h.01",
  info: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9.5v4M10 6.5h.01",
  check: "m4 10.5 4 4 8-9",
  at: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0v1.2a2 2 0 0 0 4 0V10a7 7 0 1 0-3 5.7",
  slash: "M4 3h12a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM12 6.5l-4 7",
  smile: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM7 8h.01M13 8h.01M6.5 11.5c1.8 2.7 5.2 2.7 7 0",
  bold: "M6 4h5a3 3 0 0 1 0 6H6zM6 10h6a3 3 0 0 1 0 6H6z",
  italic: "M9 4h6M5 16h6M12 4 8 16",
  strike: "M3 10h14M14 6.5C13 3.5 6.5 3.5 6.5 7M6 13.5c1 3 8 3 8-.5",
  code: "m7 6-4 4 4 4M13 6l4 4-4 4",
  home: "M3 9.5 10 3.5l7 6V17h-5v-4.5H8V17H3z",
  chats: "M3 4h10v7H8l-3 2.5V11H3zM15 8h2v7h-2v2.5L12 15H8.5",
  file: "M5 2.5h6.5L16 7v10.5H5zM11 2.5V7.5h5",
};

export function icon(name, size = 20) {
  return svg(
    "svg",
    { viewBox: "0 0 20 20", width: size, height: size, class: "icon", "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}
