// The workspace's frame: its name, the channels, conversations and apps with what is unread, and whose eyes one looks through.

import { h, roving, spoken } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, face, initials } from "./people.js";
import { picker } from "./picker.js";
import { notify, openMenu } from "./popover.js";
import { channelTitle, displayName, state } from "./state.js";
import { switchesButton } from "./switches.js";
import { nextTheme } from "./theme.js";

let onlyDirect = false;

/** The strip at the far left: the workspace, and which of its conversations the list shows. */
export function drawRail(box, redraw) {
  const entry = (picture, label, direct) =>
    h(
      "button",
      {
        class: "rail__entry",
        "aria-pressed": String(onlyDirect === direct),
        onclick: () => {
          onlyDirect = direct;
          drawRail(box, redraw);
          redraw();
        },
      },
      h("span", {}, icon(picture)),
      label,
    );
  box.replaceChildren(
    h("div", { class: "rail__tile", title: state.team.name, "aria-hidden": "true" }, initials(state.team.name)),
    entry("home", "Home", false),
    entry("chats", "DMs", true),
  );
}

/** `acts`: {go(place), become(userId), toggleWire(), showShortcuts()}. */
export function drawSidebar(box, { go, become, toggleWire }) {
  const focused = document.activeElement?.dataset?.room;
  const rooms = [...state.channels.values()].filter((room) => !room.is_archived);
  const channels = rooms.filter((room) => !room.is_im && room.is_member);
  const others = rooms.filter((room) => !room.is_im && !room.is_member);
  const people = rooms.filter((room) => room.is_im && room.im_user !== state.app.user_id);
  const apps = rooms.filter((room) => room.is_im && room.im_user === state.app.user_id);
  box.replaceChildren(
    h(
      "header",
      { class: "sidebar__head" },
      h("h1", {}, onlyDirect ? "Direct messages" : state.team.name),
      corner("sidebar__corner", switchesButton(), wireButton(toggleWire), userSwitch(become)),
    ),
    h(
      "div",
      { class: "sidebar__scroll" },
      !onlyDirect && [group("Channels", channels, go), group("More channels", others, go)],
      group("Direct messages", people, go),
      group("Apps", apps, go),
    ),
  );
  const stops = [...box.querySelectorAll(".room")];
  const current = stops.find((stop) => stop.getAttribute("aria-current")) ?? stops[0];
  for (const stop of stops) stop.tabIndex = stop === current ? 0 : -1;
  if (focused) stops.find((stop) => stop.dataset.room === focused)?.focus();
}

/** Arrow keys work on whatever list is drawn later, so this is wired once. */
export function wireSidebar(box) {
  roving(box, ".room");
}

function group(title, rooms, go) {
  if (!rooms.length) return null;
  return h(
    "section",
    { "aria-label": title },
    h("h2", {}, title),
    rooms.map((room) => roomLink(room, go)),
  );
}

function roomLink(room, go) {
  const current = state.place.channel === room.id;
  const isApp = room.im_user === state.app.user_id;
  const place = { channel: room.id, view: isApp && !room.unread ? "home" : null };
  const picture = !room.is_im
    ? icon(room.is_private ? "lock" : "hash", 18)
    : isApp
      ? avatar({ name: state.app.name, isApp: true, id: state.app.id }, 20)
      : face(room.im_user, 20);
  const href = `?${new URLSearchParams({ user: state.me.name, channel: room.is_im ? room.id : room.name, ...(place.view && { view: place.view }) })}`;
  return h(
    "a",
    {
      class: room.unread && !current ? "room room--unread" : "room",
      href,
      "data-room": room.id,
      "aria-current": current ? "page" : null,
      onclick: (event) => {
        if (!event.metaKey && !event.ctrlKey) {
          event.preventDefault();
          go(place);
        }
      },
    },
    picture,
    h("span", { class: "room__name" }, channelTitle(room)),
    room.unread > 0 && !current && spoken(`, ${room.unread} unread`),
    badge(room, current),
  );
}

function badge(room, current) {
  const count = room.is_im ? room.unread : room.mentions;
  return (
    count > 0 &&
    !current &&
    h("span", { class: "badge" }, String(count), spoken(count === 1 ? " mention" : " mentions"))
  );
}

const corner = (kind, ...children) => h("div", { class: `corner ${kind}` }, children);

const cornerButton = (picture, label, onclick) =>
  h("button", { class: "corner__button", title: label, "aria-label": label, onclick }, icon(picture, 18));

const wireButton = (toggleWire) => cornerButton("wire", "Wire inspector (Alt W)", toggleWire);

function userSwitch(become) {
  const me = state.me;
  const button = h(
    "button",
    {
      class: "switch",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": `You are ${displayName(me)}. Switch user`,
      onclick: () =>
        openMenu(
          button,
          "Switch user",
          [...state.users.values()]
            .filter((person) => !person.is_bot)
            .map((person) => ({
              label: [
                face(person.id, 24),
                h("span", {}, displayName(person)),
                person.id === me.id && icon("check", 16),
              ],
              note: [person.profile.title, person.is_restricted && "Guest", person.tz].filter(Boolean).join(" · "),
              chosen: () => become(person.id),
            })),
        ),
    },
    face(me.id, 26),
    h("span", { class: "switch__name" }, displayName(me)),
    icon("down", 14),
  );
  return button;
}

/** The bar on top: a way to jump to any channel, and the switch of users in the corner. */
export function drawTop(box, { go, become, toggleWire, showShortcuts }) {
  const rooms = [...state.channels.values()].map((room) => ({
    key: room.id,
    text: room.is_im ? channelTitle(room) : `#${room.name}`,
    note: room.topic,
  }));
  const jump = picker({
    groups: [{ choices: rooms }],
    placeholder: `Jump to a channel in ${state.team.name}`,
    changed: ([where]) => {
      jump.setChosen([]);
      go({ channel: where });
    },
  });
  jump.classList.add("jump");
  jump.title = "Ctrl K";
  const theme = () => notify("Colours", nextTheme());
  box.replaceChildren(
    jump,
    corner(
      "top__corner",
      switchesButton(),
      wireButton(toggleWire),
      cornerButton("sun", "Colours: light, dark, as the system", theme),
      cornerButton("help", "Keyboard shortcuts (Ctrl /)", showShortcuts),
      userSwitch(become),
    ),
  );
}
