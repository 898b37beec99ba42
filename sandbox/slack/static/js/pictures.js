// Pictures inside blocks: where they come from, small ones beside a text, large ones under a title.

import { broken } from "./acting.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./inline.js";
import { zoom } from "./popover.js";

/** The address of an image block or element: Slack keeps `image_url` beside `slack_file` in what it stored. */
export const imageSource = (image) =>
  image.image_url ?? image.slack_file?.url ?? `/files/${image.slack_file?.id}/image`;

/** One that cannot be loaded leaves its place and its words. */
export function smallPicture(image, kind = "") {
  const missing = ({ target }) => {
    target.onerror = null;
    target.src = "/static/missing.svg";
  };
  return h("img", { class: kind, src: imageSource(image), alt: image.alt_text, onerror: missing });
}

export function thumbnail(image) {
  return h(
    "button",
    {
      class: "thumbnail",
      "aria-label": `Enlarge: ${image.alt_text}`,
      onclick: () => zoom(imageSource(image), image.alt_text),
    },
    smallPicture(image),
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
