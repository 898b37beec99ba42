// What the page knows: the workspace as the chosen user sees it, and where that user is. Others read it; app.js fills it.

export const state = {
  team: null,
  me: null,
  app: null,
  users: new Map(),
  groups: new Map(),
  channels: new Map(),
  commands: [],
  place: { channel: null, thread: null, view: null, at: null },
};

export const timezone = () => state.me?.tz ?? "UTC";
export const user = (id) => state.users.get(id);
export const channel = (id) => state.channels.get(id);
export const userName = (id) => displayName(user(id)) ?? id;

export function displayName(person) {
  return person && (person.real_name || person.name);
}

/** "#ops" for a channel, the other person's name for a direct message. */
export function channelTitle(room) {
  return room.is_im ? userName(room.im_user) : room.name;
}

export function mentionsMe(id) {
  return id === state.me?.id || Boolean(state.groups.get(id)?.users?.includes(state.me?.id));
}
