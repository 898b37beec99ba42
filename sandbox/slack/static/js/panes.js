// The right-hand side: a channel or conversation, an app's Home, and a thread beside them.

import { post } from "./api.js";
import { blockNodes } from "./blocks.js";
import { composer } from "./composer.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, face } from "./people.js";
import { channelTitle, state, userName } from "./state.js";
import { timeline } from "./timeline.js";
import { viewSurface } from "./surface.js";

const isApp = (room) => room.im_user === state.app.user_id;

/** A conversation with its head, messages and composer. `acts`: {go, openThread, closeThread, say}. */
export function channelPane(room, acts) {
  const list = timeline(`Messages in ${channelTitle(room)}`);
  const notice = h("div", { class: "composer__notice", role: "alert" });
  const box = room.is_archived
    ? { node: h("div", { class: "archived" }, `You are viewing #${room.name}, an archived channel`), focus() {} }
    : composer({
        key: room.id,
        placeholder: `Message ${room.is_im ? "" : "#"}${channelTitle(room)}`,
        send: (text) => acts.say(room, text, null, notice),
      });
  const node = h(
    "section",
    { class: "pane", "aria-label": channelTitle(room) },
    paneHead(room, acts, null),
    list.node,
    notice,
    box.node,
  );
  return {
    node,
    focus: box.focus,
    toBottom: list.toBottom,
    reveal: list.reveal,
    show: (messages, unreadSince) =>
      list.show(messages, { channel: room.id, openThread: acts.openThread, unreadSince }, intro(room)),
  };
}

function paneHead(room, acts, tab) {
  const picture = !room.is_im
    ? icon(room.is_private ? "lock" : "hash")
    : isApp(room)
      ? avatar({ name: state.app.name, isApp: true, id: state.app.id }, 24)
      : face(room.im_user, 24);
  const tabs =
    isApp(room) && state.app.home_enabled !== false
      ? [
          ["home", "Home"],
          [null, "Messages"],
        ].map(([view, label]) =>
          h(
            "button",
            {
              role: "tab",
              class: "tab",
              "aria-selected": String(tab === view),
              onclick: () => acts.go({ channel: room.id, view }),
            },
            label,
          ),
        )
      : [h("span", { class: "tab", "aria-current": "true" }, "Messages")];
  return h(
    "header",
    { class: "pane__head" },
    h(
      "div",
      { class: "pane__title" },
      h(
        "button",
        {
          class: "icon-button pane__back",
          "aria-label": "Back to channels",
          onclick: () => acts.go({ channel: null }),
        },
        icon("back"),
      ),
      picture,
      h("h2", {}, channelTitle(room)),
      h("span", { class: "pane__topic", title: room.topic }, mrkdwn(room.topic ?? "")),
      !room.is_im &&
        room.members &&
        h(
          "span",
          { class: "pane__people", title: room.members.map(userName).join(", ") },
          icon("people", 16),
          String(room.members.length),
        ),
    ),
    h("div", { class: "tabs", role: isApp(room) ? "tablist" : null }, tabs),
  );
}

function intro(room) {
  if (room.is_im)
    return h(
      "div",
      { class: "intro" },
      h("h3", {}, channelTitle(room)),
      h("p", {}, `This is the very beginning of your direct message history with ${channelTitle(room)}.`),
    );
  return h(
    "div",
    { class: "intro" },
    h("h3", {}, icon(room.is_private ? "lock" : "hash", 22), room.name),
    h("p", {}, `This is the very beginning of the #${room.name} channel. `, mrkdwn(room.topic ?? "")),
  );
}

export function threadPane(room, ts, acts) {
  const list = timeline("Thread");
  const notice = h("div", { class: "composer__notice", role: "alert" });
  const also = h("input", { type: "checkbox" });
  const box = composer({
    key: `${room.id}/${ts}`,
    placeholder: "Reply…",
    commands: false,
    send: (text) => acts.say(room, text, ts, notice, also.checked),
  });
  list.node.append(
    notice,
    box.node,
    h(
      "label",
      { class: "also" },
      also,
      room.is_im ? "Also send as a direct message" : `Also send to #${channelTitle(room)}`,
    ),
  );
  const node = h(
    "section",
    {
      class: "pane pane--thread",
      "aria-label": "Thread",
      onkeydown: (event) =>
        event.key === "Escape" && !event.defaultPrevented && !event.target.closest(".popover") && acts.closeThread(),
    },
    h(
      "header",
      { class: "pane__head" },
      h(
        "div",
        { class: "pane__title" },
        h(
          "button",
          { class: "icon-button pane__back", "aria-label": "Back to channel", onclick: acts.closeThread },
          icon("back"),
        ),
        h("h2", {}, "Thread"),
        h("span", { class: "pane__topic" }, `${room.is_im ? "" : "#"}${channelTitle(room)}`),
        h(
          "button",
          { class: "icon-button pane__close", "aria-label": "Close thread", onclick: acts.closeThread },
          icon("close"),
        ),
      ),
    ),
    list.node,
  );
  return {
    node,
    focus: box.focus,
    toBottom: list.toBottom,
    show: (messages) => list.show(messages, { channel: room.id, inThread: true, openThread: acts.openThread }),
  };
}

export function homePane(room, acts) {
  const body = h("div", { class: "home", tabindex: "-1" });
  const node = h(
    "section",
    { class: "pane", "aria-label": `${state.app.name} Home` },
    paneHead(room, acts, "home"),
    body,
  );
  let shown = null;
  return {
    node,
    focus: () => body.focus(),
    show(view) {
      if (shown && shown.id === view?.id && shown.hash === view?.hash) return;
      shown = view;
      const empty = h(
        "div",
        { class: "home__empty" },
        avatar({ name: state.app.name, isApp: true, id: state.app.id }, 64),
        h("h3", {}, `${state.app.name} has nothing to show here yet`),
        h("p", {}, "Its Home tab fills once the app publishes it for you."),
      );
      body.replaceChildren(
        h("div", { class: "home__content" }, view ? blockNodes(view.blocks, viewSurface(view)) : empty),
      );
    },
  };
}

/** Sends what was typed; a command that fails says so above the composer, in Slack's words. */
export async function say(room, text, threadTs, notice, broadcast = false) {
  notice.replaceChildren();
  const refuse = (words) => notice.append(icon("warn", 16), h("span", {}, words));
  if (!text.startsWith("/")) {
    const answer = await post("message", {
      user: state.me.id,
      channel: room.id,
      text,
      ...(threadTs && { thread_ts: threadTs, reply_broadcast: broadcast }),
    });
    return answer.ok === false ? refuse(`Your message couldn’t be sent (${answer.error}).`) : undefined;
  }
  const command = text.split(/\s/)[0];
  if (threadTs) return refuse(`${command} is not supported in threads. Sorry!`);
  if (!state.commands.some((each) => each.command === command)) return refuse(`${command} is not a valid command.`);
  const answer = await post("command", { user: state.me.id, channel: room.id, text });
  return answer.ok ? undefined : refuse(`${command} failed with the error “${answer.error}”`);
}
