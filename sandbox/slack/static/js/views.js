// What modals and the Home tab share: where their actions go, and what was entered so far.

import { post } from "./api.js";
import { state } from "./state.js";

const forms = new Map();

/** Entries by view, kept over updates: Slack keeps an input whose block_id and action_id stay the same. */
export function viewSurface(view) {
  if (!forms.has(view.id)) forms.set(view.id, new Map());
  const form = forms.get(view.id);
  const key = (blockId, element) => `${blockId}/${element.action_id}`;
  return {
    form,
    act: (blockId, element, value) => post("action", {
      user: state.me.id, container: { type: "view", view_id: view.id }, block_id: blockId, action_id: element.action_id, ...value,
    }),
    keep: (blockId, element, value) => form.set(key(blockId, element), { blockId, element, value }),
    kept: (blockId, element) => form.get(key(blockId, element))?.value,
  };
}

/** {block_id: {action_id: {type, …value}}} of the blocks the view still has, as view_submission carries it. */
export function entered(view) {
  const values = {};
  const present = new Set(view.blocks.map((block) => block.block_id));
  for (const { blockId, element, value } of forms.get(view.id)?.values() ?? []) {
    if (present.has(blockId)) (values[blockId] ??= {})[element.action_id] = { type: element.type, ...value };
  }
  return values;
}
