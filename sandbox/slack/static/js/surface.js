// A place that holds interactive blocks: a message, a modal, Home. It sends actions and remembers what was entered so far.

import { post } from "./api.js";
import { state } from "./state.js";

/** `container` names the place to the server; `entries` may outlive one drawing of it. */
export function surface(container, entries = new Map()) {
  const key = (blockId, element) => `${blockId}/${element.action_id}`;
  return {
    /** Resolves to {ok, error?}. Everything entered goes along, as in state.values of Slack's payload. */
    act: (blockId, element, value) =>
      post("action", {
        user: state.me.id,
        container,
        block_id: blockId,
        action_id: element.action_id,
        values: values(),
        ...value,
      }),
    /** The app's options for what was typed into an external select: {ok, options? | option_groups?}. */
    suggest: (blockId, element, value) =>
      post("suggestions", { user: state.me.id, container, block_id: blockId, action_id: element.action_id, value }),
    keep: (blockId, element, value) => entries.set(key(blockId, element), { blockId, element, value }),
    kept: (blockId, element) => entries.get(key(blockId, element))?.value,
    values,
  };

  /** {block_id: {action_id: {type, …value}}} */
  function values() {
    const found = {};
    for (const { blockId, element, value } of entries.values())
      (found[blockId] ??= {})[element.action_id] = { type: element.type, ...value };
    return found;
  }
}

const entered = new Map();

/** Keeps entries over updates: Slack keeps an input whose block_id and action_id stay, and forgets one that goes. */
export function viewSurface(view) {
  const present = new Set(view.blocks.map((block) => block.block_id));
  const before = [...(entered.get(view.id) ?? [])].filter(([, entry]) => present.has(entry.blockId));
  entered.set(view.id, new Map(before));
  return surface({ type: "view", view_id: view.id }, entered.get(view.id));
}
