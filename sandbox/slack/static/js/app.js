// Starts the page: who is looking, at what place, and what to fetch again when the server says something changed.

import { get, listen, post } from "./api.js";
import { h } from "./dom.js";
import { inspector } from "./inspector.js";
import { listenToKeys, showShortcuts } from "./keys.js";
import { showModals } from "./modals.js";
import { announce, preview } from "./notices.js";
import { channelPane, homePane, say, threadPane } from "./panes.js";
import { appRoom, find, firstRoom, linkedPlace, placeOf } from "./places.js";
import { notify } from "./popover.js";
import { drawRail, drawSidebar, drawTop, wireSidebar } from "./sidebar.js";
import { channel, channelTitle, state } from "./state.js";
import { loadSwitches } from "./switches.js";
import { applyTheme } from "./theme.js";

const PHONE = matchMedia("(max-width: 699px)");
const $ = (id) => document.getElementById(id);
const byId = (items) => new Map(items.map((item) => [item.id, item]));

const wire = inspector($("wire"));

let source = null;
let main = null;
let thread = null;
let unreadSince = null;

const acts = { go, openThread: (ts) => go({ ...state.place, thread: ts }), closeThread, say };
const framing = { go, become, toggleWire: wire.toggle, showShortcuts };

function closeThread() {
  go({ ...state.place, thread: null });
  main?.focus();
}

/** Reads who and where from the address; without a name the server chooses. */
async function start() {
  const query = new URLSearchParams(location.search);
  await become(query.get("user"), placeOf(query));
}

async function become(userRef, place = { ...state.place, thread: null }) {
  const known = await get("state", userRef ? { user: userRef } : {});
  if (!known.team) return fail(known.error);
  remember(known);
  source?.close();
  source = listen(state.me.id, heard, connected, () => ($("lost").hidden = false));
  drawTop($("top"), framing);
  drawRail($("rail"), redrawSidebar);
  loadSwitches();
  main = thread = null;
  const fallback = place.view === "home" ? appRoom() : PHONE.matches ? null : firstRoom();
  go({ ...place, channel: find(place.channel) ?? fallback }, true);
  refresh({ views: true });
}

function connected() {
  $("lost").hidden = true;
  refresh({ channel: state.place.channel, views: true, home: true });
}

function remember(known) {
  state.team = known.team;
  state.users = byId(known.users);
  state.me = known.me;
  state.groups = byId(known.usergroups);
  state.channels = byId(known.channels);
  state.commands = known.commands;
  state.app = known.app;
}

/** Opens a place. The address follows, so that links, Back and screenshots work. */
function go(place, replace = false) {
  const next = { channel: null, thread: null, view: null, at: null, ...place };
  const moved = !main || next.channel !== state.place.channel || next.view !== state.place.view;
  const threadMoved = moved || next.thread !== state.place.thread;
  state.place = next;
  const room = channel(next.channel);
  const query = {
    user: state.me.name,
    channel: room && (room.is_im ? room.id : room.name),
    view: next.view,
    thread: next.thread,
  };
  const address = `/?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`;
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.pathname + location.search) history.pushState(null, "", address);
  if (moved) openMain(room, next);
  else if (next.at) main.reveal?.(next.at);
  if (threadMoved) openThread(room, next);
  document.body.dataset.pane = next.thread ? "thread" : room ? "main" : "list";
  document.title = `${room ? channelTitle(room) : "Channels"} – ${state.team.name}`;
  redrawSidebar();
}

function openMain(room, place) {
  // What was unread on arrival stays marked until one leaves, though it counts as read at once.
  unreadSince = room?.unread ? room.last_read : null;
  main = !room ? null : place.view === "home" ? homePane(room, acts) : channelPane(room, acts);
  $("main").replaceChildren(...(main ? [main.node] : []));
  if (!room) return;
  loadMain(true);
  if (!PHONE.matches) main.focus();
}

function openThread(room, place) {
  thread = room && place.thread ? threadPane(room, place.thread, acts) : null;
  $("thread").replaceChildren(...(thread ? [thread.node] : []));
  if (thread) {
    loadThread();
    if (!PHONE.matches) thread.focus();
  }
}

async function loadMain(first = false) {
  const pane = main;
  const place = state.place;
  if (place.view === "home") {
    const { view } = await get("home", { user: state.me.id, ...(first ? {} : { opened: "false" }) });
    return pane === main && pane.show(view);
  }
  if (first && place.channel === appRoom()) post("opened", { user: state.me.id });
  const { messages } = await get("messages", { user: state.me.id, channel: place.channel });
  if (pane !== main || !messages) return;
  pane.show(messages, unreadSince);
  if (first && place.at) pane.reveal(place.at);
  else if (first) pane.toBottom();
  announce($("spoken"), messages, first);
  if (document.visibilityState === "visible") await markRead(place.channel);
}

async function markRead(where) {
  await post("read", { user: state.me.id, channel: where });
  Object.assign(channel(where), { unread: 0, mentions: 0 });
  redrawSidebar();
}

async function loadThread() {
  const pane = thread;
  const { messages } = await get("thread", { user: state.me.id, channel: state.place.channel, ts: state.place.thread });
  if (pane === thread && messages) pane.show(messages);
}

async function loadState() {
  const known = await get("state", { user: state.me.id });
  if (!known.team) return;
  remember(known);
  redrawSidebar();
}

async function loadViews() {
  const { stack } = await get("views", { user: state.me.id });
  if (stack) showModals(stack, () => refresh({ views: true }));
}

const due = { state: false, main: false, thread: false, views: false };
let timer = null;

/** Gathers hints for a moment, then fetches each thing once. */
function refresh({ channel: where, views = false, home = false }) {
  due.views ||= views;
  due.state ||= Boolean(where);
  const here = Boolean(where) && where === state.place.channel;
  due.main ||= state.place.view === "home" ? home : here;
  due.thread ||= here && Boolean(state.place.thread);
  timer ??= setTimeout(async () => {
    timer = null;
    const now = { ...due };
    Object.assign(due, { state: false, main: false, thread: false, views: false });
    if (now.views) loadViews();
    if (now.main && main) await loadMain();
    if (now.thread && thread) loadThread();
    if (now.state) loadState();
  }, 40);
}

function heard(event) {
  if (event.type === "switches") loadSwitches();
  else if (event.type === "home_published") refresh({ home: true });
  else if (event.type.startsWith("view_")) refresh({ views: true });
  else if (event.channel) refresh({ channel: event.channel });
  if (event.type === "message" && event.channel !== state.place.channel) preview(event, go);
  if (event.type === "notice" && event.text) notify("Slack", event.text);
}

function redrawSidebar() {
  drawSidebar($("sidebar"), framing);
}

function fail(error) {
  document.body.dataset.pane = "main";
  $("main").replaceChildren(
    h(
      "div",
      { class: "home__empty" },
      h("h3", {}, "This workspace can’t be opened"),
      h("p", {}, `The server answered “${error}”.`),
    ),
  );
}

addEventListener("popstate", () => {
  const place = placeOf(new URLSearchParams(location.search));
  go({ ...place, channel: find(place.channel) ?? null }, true);
});
document.addEventListener(
  "visibilitychange",
  () => document.visibilityState === "visible" && state.me && refresh({ channel: state.place.channel }),
);
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[href]");
  const place = anchor && !event.ctrlKey && !event.metaKey && linkedPlace(anchor);
  if (!place) return;
  event.preventDefault();
  go(place);
});
listenToKeys({ jump: () => document.querySelector(".jump")?.click(), toggleWire: wire.toggle });
applyTheme();
wireSidebar($("sidebar"));
start();
