// Starts the page: who is looking, at what place, and what to fetch again when the server says something changed.

import { get, listen, post } from "./api.js";
import { h } from "./dom.js";
import { showModals } from "./modals.js";
import { spokenText } from "./mrkdwn.js";
import { channelPane, homePane, say, threadPane } from "./panes.js";
import { author } from "./people.js";
import { picker } from "./picker.js";
import { notify } from "./popover.js";
import { drawRail, drawSidebar, userSwitch, wireSidebar } from "./sidebar.js";
import { channel, channelTitle, state } from "./state.js";

const PHONE = matchMedia("(max-width: 699px)");
const $ = (id) => document.getElementById(id);
const byId = (items) => new Map(items.map((item) => [item.id, item]));

let source = null;
let main = null;
let thread = null;
let newest = null;

const acts = { go, openThread: (ts) => go({ ...state.place, thread: ts }), closeThread, say };

function closeThread() {
  go({ ...state.place, thread: null });
  main?.focus();
}

/** Reads who and where from the address; without a name the server chooses. */
async function start() {
  const query = new URLSearchParams(location.search);
  await become(query.get("user"), placeOf(query));
}

function placeOf(query) {
  return { channel: query.get("channel"), thread: query.get("thread"), view: query.get("view"), at: query.get("at") };
}

async function become(userRef, place = { ...state.place, thread: null }) {
  const known = await get("state", userRef ? { user: userRef } : {});
  if (!known.team) return fail(known.error);
  remember(known);
  source?.close();
  source = listen(state.me.id, heard, () => refresh({ channel: state.place.channel, views: true, home: true }));
  drawTop();
  drawRail($("rail"), redrawSidebar);
  main = thread = null;
  go({ ...place, channel: find(place.channel) ?? (place.view === "home" ? appRoom() : PHONE.matches ? null : firstRoom()) }, true);
  refresh({ views: true });
}

function remember(known) {
  state.team = known.team;
  state.users = byId(known.users);
  state.me = typeof known.me === "string" ? state.users.get(known.me) : known.me;
  state.groups = byId(known.usergroups);
  state.channels = byId(known.channels);
  state.commands = known.commands;
  state.app = known.app;
}

const find = (ref) => [...state.channels.values()].find((room) => ref && (room.id === ref || (!room.is_im && room.name === ref.replace(/^#/, ""))))?.id;
const appRoom = () => [...state.channels.values()].find((room) => room.im_user === state.app.user_id)?.id ?? null;
const firstRoom = () => [...state.channels.values()].find((room) => room.is_member && !room.is_im)?.id ?? null;

/** Opens a place. The address follows, so that links, Back and screenshots work. */
function go(place, replace = false) {
  const next = { channel: null, thread: null, view: null, at: null, ...place };
  const moved = !main || next.channel !== state.place.channel || next.view !== state.place.view;
  const threadMoved = moved || next.thread !== state.place.thread;
  state.place = next;
  const room = channel(next.channel);
  const query = { user: state.me.name, channel: room && (room.is_im ? room.id : room.name), view: next.view, thread: next.thread };
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
  const { messages } = await get("messages", { user: state.me.id, channel: place.channel });
  if (pane !== main || !messages) return;
  pane.show(messages);
  if (first && place.at) pane.reveal(place.at);
  else if (first) pane.toBottom();
  announce(messages, first);
  if (document.visibilityState === "visible") await markRead(place.channel);
}

async function markRead(where) {
  await post("read", { user: state.me.id, channel: where });
  Object.assign(channel(where), { unread: 0, mentions: 0 });
  redrawSidebar();
}

/** Reads the newest message out: its top-level text, which is what Slack gives screen readers. */
function announce(messages, quietly) {
  const last = messages.at(-1);
  if (last && last.ts !== newest && !quietly) $("spoken").textContent = `${author(last).name}: ${spokenText(last.text)}`;
  newest = last?.ts;
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
  if (event.type === "home_published") refresh({ home: true });
  else if (event.type.startsWith("view_")) refresh({ views: true });
  else if (event.channel) refresh({ channel: event.channel });
  if (event.type === "message" && event.channel !== state.place.channel) preview(event);
  if (event.type === "notice" && event.text) notify("Slack", event.text);
}

/** The little notification for what arrives elsewhere and is meant for this user. */
async function preview({ channel: where, ts }) {
  const room = channel(where);
  if (!room || !(room.is_im || room.is_member)) return;
  const { messages } = await get("messages", { user: state.me.id, channel: where });
  const message = messages?.find((each) => each.ts === ts);
  if (!message || message.user === state.me.id || !(room.is_im || isForMe(message))) return;
  notify(`${author(message).name}${room.is_im ? "" : ` in #${room.name}`}`, spokenText(message.text).slice(0, 140), () => go({ channel: where }));
}

function isForMe(message) {
  const groups = [...state.groups.values()].filter((group) => group.users.includes(state.me.id));
  return [`<@${state.me.id}`, "<!here", "<!channel", "<!everyone", ...groups.map((group) => `<!subteam^${group.id}`)].some((mark) => message.text?.includes(mark));
}

function redrawSidebar() {
  drawSidebar($("sidebar"), go, become);
}

/** Where a channel mention or a permalink of this workspace leads, so that following it keeps the user. */
function linkedPlace(anchor) {
  if (anchor.dataset.channel) return { channel: anchor.dataset.channel };
  const url = new URL(anchor.href);
  const [, where, seconds, fraction] = url.pathname.match(/^\/(?:archives|page\/permalink)\/(\w+)\/p(\d+)(\d{6})$/) ?? [];
  return url.origin === location.origin && channel(where) ? { channel: where, at: `${seconds}.${fraction}`, thread: url.searchParams.get("thread_ts") } : null;
}

function drawTop() {
  const rooms = [...state.channels.values()].map((room) => ({ key: room.id, text: room.is_im ? channelTitle(room) : `#${room.name}`, note: room.topic }));
  const jump = picker({ groups: [{ choices: rooms }], placeholder: `Jump to a channel in ${state.team.name}`, changed: ([where]) => { jump.setChosen([]); go({ channel: where }); } });
  jump.classList.add("jump");
  jump.title = "Ctrl K";
  $("top").replaceChildren(jump, userSwitch(become, "top__switch"));
}

function fail(error) {
  document.body.dataset.pane = "main";
  $("main").replaceChildren(h("div", { class: "home__empty" }, h("h3", {}, "This workspace can’t be opened"), h("p", {}, `The server answered “${error}”.`)));
}

addEventListener("popstate", () => go({ ...placeOf(new URLSearchParams(location.search)), channel: find(new URLSearchParams(location.search).get("channel")) ?? null }, true));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.me && refresh({ channel: state.place.channel }));
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[href]");
  const place = anchor && !event.ctrlKey && !event.metaKey && linkedPlace(anchor);
  if (!place) return;
  event.preventDefault();
  go(place);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  document.querySelector(".jump")?.click();
});
wireSidebar($("sidebar"));
start();
