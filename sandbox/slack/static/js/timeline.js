// A list of messages that stays where the reader is: at the bottom while they are there, in place while they read above.

import { dayKey, dayTitle } from "./dates.js";
import { h, patch, roving } from "./dom.js";
import { messageRow } from "./message.js";
import { author } from "./people.js";
import { state, timezone } from "./state.js";

const TOGETHER = 5 * 60;
const NEAR_BOTTOM = 60;

/** Returns {node, show(messages, context, top), toBottom(), reveal(ts)}; `top` is a node above the messages. */
export function timeline(label) {
  const list = h("div", { class: "timeline__list", role: "list", "aria-label": label });
  const head = h("div", { class: "timeline__top" });
  const inner = h("div", { class: "timeline__inner" }, head, list);
  const node = h("div", { class: "timeline", tabindex: "-1" }, inner);
  let atBottom = true;
  let top = 0;
  node.addEventListener("scroll", () => {
    // Only going up leaves the bottom: what arrives below moves it away too, and is to be followed.
    if (node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_BOTTOM) atBottom = true;
    else if (node.scrollTop < top) atBottom = false;
    top = node.scrollTop;
  });
  // Images and fonts arrive after the text: keep the end in view while they do.
  const follow = new ResizeObserver(() => atBottom && (node.scrollTop = node.scrollHeight));
  follow.observe(inner);
  follow.observe(node);
  roving(list, ".message");

  function show(messages, context, top) {
    head.replaceChildren(...(top ? [top] : []));
    patch(list, rows(messages, context));
    const last = list.querySelector(".message:last-of-type");
    if (last && !list.querySelector('.message[tabindex="0"]')) last.tabIndex = 0;
  }

  function toBottom() {
    atBottom = true;
    node.scrollTop = node.scrollHeight;
  }

  function reveal(ts) {
    const row = list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (!row) return;
    atBottom = false;
    row.scrollIntoView({ block: row.offsetHeight > node.clientHeight ? "start" : "center" });
    row.classList.add("message--found");
  }

  return { node, show, toBottom, reveal };
}

function rows(messages, context) {
  const items = [];
  let before = null;
  for (const message of messages) {
    const day = dayKey(Number(message.ts), timezone());
    const newDay = !context.inThread && (!before || dayKey(Number(before.ts), timezone()) !== day);
    if (newDay) {
      const title = dayTitle(Number(message.ts), timezone());
      items.push({
        key: `day-${day}`,
        content: title,
        build: () => h("div", { class: "day", role: "separator", "aria-label": title }, h("hr"), h("span", {}, title)),
      });
    }
    const fresh = context.unreadSince && message.ts > context.unreadSince && message.user !== state.me.id;
    const firstFresh = fresh && !items.some((item) => item.key === "new");
    if (firstFresh) items.push(newRule());
    const follows = !newDay && !firstFresh && before !== null && together(before, message);
    items.push({
      key: message.ts,
      content: [message, follows, timezone()],
      build: () => messageRow(message, { ...context, follows }),
    });
    if (context.inThread && message === messages[0] && messages.length > 1) items.push(replyRule(messages.length - 1));
    before = context.inThread && message === messages[0] ? null : message;
  }
  return items;
}

function together(before, message) {
  const same = author(before).id === author(message).id && author(before).name === author(message).name;
  return (
    same &&
    !message.is_ephemeral &&
    !before.is_ephemeral &&
    !before.reply_count &&
    Number(message.ts) - Number(before.ts) < TOGETHER
  );
}

/** Where reading stopped. */
function newRule() {
  const build = () => h("div", { class: "new-rule", role: "separator", "aria-label": "New" }, h("span", {}, "New"));
  return { key: "new", content: "new", build };
}

function replyRule(count) {
  const text = `${count} ${count === 1 ? "reply" : "replies"}`;
  return {
    key: "replies",
    content: text,
    build: () => h("div", { class: "reply-rule", role: "separator" }, h("span", {}, text)),
  };
}
