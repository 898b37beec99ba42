// Places in the workspace and how addresses name them: a channel, a thread, an app's Home, one message.

import { channel, state } from "./state.js";

/** From the page's own address; channels may be named there, see `find`. */
export function placeOf(query) {
  return { channel: query.get("channel"), thread: query.get("thread"), view: query.get("view"), at: query.get("at") };
}

/** The id of a channel given by id, name or #name. */
export const find = (ref) =>
  [...state.channels.values()].find(
    (room) => ref && (room.id === ref || (!room.is_im && room.name === ref.replace(/^#/, ""))),
  )?.id;
export const appRoom = () =>
  [...state.channels.values()].find((room) => room.im_user === state.app.user_id)?.id ?? null;
export const firstRoom = () => [...state.channels.values()].find((room) => room.is_member && !room.is_im)?.id ?? null;

/** Where a channel mention or a permalink of this workspace leads, so that following it keeps the user. */
export function linkedPlace(anchor) {
  if (anchor.dataset.channel) return { channel: anchor.dataset.channel };
  const url = new URL(anchor.href);
  const [, where, seconds, fraction] =
    url.pathname.match(/^\/(?:archives|page\/permalink)\/(\w+)\/p(\d+)(\d{6})$/) ?? [];
  return url.origin === location.origin && channel(where)
    ? { channel: where, at: `${seconds}.${fraction}`, thread: url.searchParams.get("thread_ts") }
    : null;
}
