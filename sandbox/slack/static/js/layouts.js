// Blocks that hold other things: containers, cards, tasks and plans, feedback, videos and files.
// https://docs.slack.dev/reference/block-kit/blocks

import { elementNode, visibleToMe } from "./elements.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./inline.js";
import { textNodes } from "./mrkdwn.js";
import { smallPicture } from "./pictures.js";
import { richText } from "./richtext.js";

let drawn = 0;
const newId = () => `part-${(drawn += 1)}`;

/** A head that folds `body` away when pressed. */
function folding(head, body, folded, kind) {
  body.id = newId();
  body.hidden = folded;
  const toggle = h(
    "button",
    {
      class: kind,
      "aria-expanded": String(!folded),
      "aria-controls": body.id,
      onclick: () => {
        body.hidden = !body.hidden;
        toggle.setAttribute("aria-expanded", String(!body.hidden));
      },
    },
    head,
    icon("down", 16),
  );
  return toggle;
}

function container(block, place) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : plainText(block.title);
  const head = [
    block.icon && smallPicture(block.icon, "container__icon"),
    h(
      "span",
      { class: "container__titles" },
      h("b", {}, title),
      block.subtitle && h("small", {}, textNodes(block.subtitle)),
    ),
  ];
  const body = h("div", { class: "container__body" }, place.draw(block.child_blocks));
  const kind = block.has_header_divider ? "container__head container__head--ruled" : "container__head";
  return h(
    "section",
    { "data-width": block.width ?? "standard" },
    block.is_collapsible
      ? folding(head, body, Boolean(block.default_collapsed), kind)
      : h("header", { class: kind }, head),
    body,
  );
}

function card(block, place) {
  const titles = (block.title || block.subtitle) && [
    block.title && h("b", {}, textNodes(block.title)),
    block.subtitle && h("small", {}, textNodes(block.subtitle)),
  ];
  return h(
    "article",
    { class: "card" },
    block.hero_image && smallPicture(block.hero_image, "card__hero"),
    (titles || block.icon) &&
      h("header", { class: "card__head" }, block.icon && smallPicture(block.icon, "card__icon"), h("span", {}, titles)),
    block.body && h("div", { class: "card__body" }, textNodes(block.body)),
    block.actions && h("footer", { class: "card__actions" }, actionNodes(block.actions, place)),
  );
}

/** Interactive elements in a row, each with room for its own error. */
export function actionNodes(elements, place) {
  return elements.filter(visibleToMe).map((each) => h("span", { class: "action" }, elementNode(each, place)));
}

/** Each card keeps its own block_id, so that its buttons say where they stand. */
function carousel(block, place) {
  const track = h(
    "div",
    { class: "carousel__track", tabindex: "0", role: "region", "aria-label": "Carousel" },
    place.draw(block.elements),
  );
  const move = (way, label, picture) =>
    h(
      "button",
      {
        class: `icon-button carousel__${picture}`,
        "aria-label": label,
        onclick: () => track.scrollBy({ left: way * (track.firstElementChild.offsetWidth + 12), behavior: "smooth" }),
      },
      icon(picture, 16),
    );
  const many = block.elements.length > 1;
  return h("div", {}, track, many && [move(-1, "Previous card", "back"), move(1, "Next card", "right")]);
}

const STATUS = {
  pending: ["ring", "Pending"],
  in_progress: ["ring", "In progress"],
  complete: ["done", "Complete"],
  error: ["warn", "Failed"],
};

function task(block) {
  const [picture, word] = STATUS[block.status ?? "pending"];
  const head = [
    h("span", { class: "task__mark", role: "img", "aria-label": word }, icon(picture, 18)),
    h("span", { class: "task__title" }, block.title),
  ];
  const parts = [
    block.details && richText(block.details),
    block.output && h("div", { class: "task__output" }, richText(block.output)),
    block.sources && h("div", { class: "task__sources" }, block.sources.map(source)),
  ].filter(Boolean);
  const props = { class: "task", "data-status": block.status ?? "pending" };
  if (!parts.length) return h("div", props, h("div", { class: "task__head" }, head));
  const body = h("div", { class: "task__body" }, parts);
  return h("div", props, folding(head, body, block.status === "complete", "task__head"), body);
}

function source({ url, text }) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, icon("link", 12), text);
}

function plan(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((each) => each.status === "complete").length;
  const body = h("div", { class: "plan__tasks" }, tasks.map(task));
  const head = [h("b", {}, block.title), tasks.length > 0 && h("small", {}, `${done} of ${tasks.length}`)];
  return h("section", {}, folding(head, body, false, "plan__head"), body);
}

/** The poster alone: playing means loading a stranger's page, so it opens in a tab of its own. */
function video(block) {
  const open = { href: block.title_url ?? block.video_url, target: "_blank", rel: "noopener noreferrer" };
  return h(
    "div",
    {},
    block.author_name && h("div", { class: "video__by" }, block.author_name),
    h("a", { ...open, class: "video__title link" }, plainText(block.title)),
    block.description && h("div", {}, plainText(block.description)),
    block.provider_name &&
      h(
        "div",
        { class: "video__by" },
        block.provider_icon_url && h("img", { src: block.provider_icon_url, alt: "" }),
        block.provider_name,
      ),
    h(
      "a",
      { ...open, href: block.video_url, class: "video__poster", "aria-label": `Play: ${block.alt_text}` },
      h("img", { src: block.thumbnail_url, alt: block.alt_text, onerror: ({ target }) => target.remove() }),
      h("span", {}, icon("play", 28)),
    ),
  );
}

/** Only read, never posted: what Slack shows for a file kept elsewhere. */
function file(block) {
  return h(
    "div",
    { class: "file" },
    icon("file", 24),
    h("span", {}, h("b", {}, block.file?.title ?? block.external_id ?? "File"), h("small", {}, "Remote file")),
  );
}

export const LAYOUTS = {
  container,
  card,
  carousel,
  task_card: task,
  plan,
  video,
  file,
  context_actions: (block, place) => h("div", {}, actionNodes(block.elements, place)),
  actions: (block, place) => h("div", {}, actionNodes(block.elements, place)),
};
