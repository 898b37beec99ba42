// Whom a message would have notified. The server counts (`message.notifies`), the page says it; a call to everyone is
// said loudly, because one that slipped in from somebody else's text is the costliest mistake a bot can make.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { userName } from "./state.js";

const NAMED = 5;

const count = (users) => `${users.length} ${users.length === 1 ? "person" : "people"}`;

/** "Notifies 3 people: Ana, Ben, Carla" */
export function callText({ users }) {
  if (!users.length) return "Notifies nobody";
  const names = users.slice(0, NAMED).map((id) => userName(id));
  const rest = users.length - names.length;
  return `Notifies ${count(users)}: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** For the bar that shows on hover; nothing when nobody is called. */
export function callChip({ notifies }) {
  if (!notifies?.users.length) return null;
  const text = callText(notifies);
  return h("span", { class: "calls", title: text }, icon("bell", 14), text);
}

/** A line under the message for @here, @channel and @everyone. */
export function callAlarm({ notifies }) {
  return (
    notifies?.broadcast &&
    h(
      "div",
      { class: "alarm", title: callText(notifies) },
      icon("horn", 16),
      h("b", {}, `@${notifies.broadcast}`),
      ` notifies ${count(notifies.users)}`,
    )
  );
}
