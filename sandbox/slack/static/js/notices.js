// What reaches a user who looks or listens elsewhere: the newest message read out, a preview of what calls for them.
// Both use a message's top-level text, as Slack's notifications and screen-reader view do.

import { get } from "./api.js";
import { spokenText } from "./mrkdwn.js";
import { author } from "./people.js";
import { notify } from "./popover.js";
import { channel, mentionsMe, state } from "./state.js";

let newest = null;

/** Reads the newest message out through `box`, a live region; `quietly` only takes note of it. */
export function announce(box, messages, quietly) {
  const last = messages.at(-1);
  if (last && last.ts !== newest && !quietly) box.textContent = `${author(last).name}: ${spokenText(last.text)}`;
  newest = last?.ts;
}

/** Shows a message that arrived elsewhere if it is meant for this user; `go(place)` opens it. */
export async function preview({ channel: where, ts }, go) {
  const room = channel(where);
  if (!room?.is_member && !room?.is_im) return;
  const { messages } = await get("messages", { user: state.me.id, channel: where });
  const message = messages?.find((each) => each.ts === ts);
  if (!message || message.user === state.me.id || !(room.is_im || callsMe(message.text))) return;
  const title = `${author(message).name}${room.is_im ? "" : ` in #${room.name}`}`;
  notify(title, spokenText(message.text).slice(0, 140), () => go({ channel: where }));
}

function callsMe(text) {
  const called = [...text.matchAll(/<(?:@|!subteam\^)(\w+)/g)].some(([, id]) => mentionsMe(id));
  return called || /<!(here|channel|everyone)/.test(text);
}
