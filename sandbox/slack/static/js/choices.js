// Controls with a list to choose from: selects of options, people, channels and conversations; checkboxes and radio buttons.

import { entry } from "./acting.js";
import { h } from "./dom.js";
import { textNodes } from "./mrkdwn.js";
import { picker } from "./picker.js";
import { channelTitle, displayName, state } from "./state.js";

/** Options hold their whole object as value, one or several: how the payload names them, and their values as keys. */
function optionValues(element, many, options) {
  const name = many ? "selected_options" : "selected_option";
  return {
    initial: { [name]: many ? (element.initial_options ?? []) : (element.initial_option ?? null) },
    keys: (value) =>
      [value[name]]
        .flat()
        .filter(Boolean)
        .map((option) => option.value),
    value: (keys) => {
      const chosen = options.filter((option) => keys.includes(option.value));
      return { [name]: many ? chosen : (chosen[0] ?? null) };
    },
  };
}

export function staticSelect(element, place) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  const many = element.type.startsWith("multi_");
  const choiceOf = (option) => ({ key: option.value, text: option.text.text, note: option.description?.text });
  return select(
    element,
    place,
    groups.map((group) => ({ label: group.label?.text, choices: group.options.map(choiceOf) })),
    optionValues(
      element,
      many,
      groups.flatMap((group) => group.options),
    ),
  );
}

const LEAST = 3;

/** The app answers what is typed; the options it offered last are the ones that can be chosen. */
export function externalSelect(element, place) {
  const many = element.type.startsWith("multi_");
  const known = [element.initial_options ?? element.initial_option ?? []].flat();
  const choiceOf = (option) => ({ key: option.value, text: option.text.text, note: option.description?.text });
  const least = element.min_query_length ?? LEAST;
  async function search(text) {
    if (text.length < least) return { problem: least === 1 ? "Type to search" : `Type at least ${least} characters` };
    const answer = await place.surface.suggest(place.blockId, element, text);
    const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
    known.push(...groups.flatMap((group) => group.options));
    const found = groups.map((group) => ({ label: group.label?.text, choices: group.options.map(choiceOf) }));
    return answer.ok ? { groups: found, problem: "No results" } : { problem: "The options couldn’t be loaded" };
  }
  return select(element, place, [{ choices: known.map(choiceOf) }], optionValues(element, many, known), search);
}

/** `values` translates between the picker's keys and the payload's value. */
function select(element, place, groups, values, search) {
  return entry(element, place, values.initial, (before, changed) => {
    const control = picker({
      groups,
      search,
      chosen: values.keys(before),
      many: element.type.startsWith("multi_"),
      limit: element.max_selected_items,
      placeholder: element.placeholder?.text ?? "Select an option",
      changed: (keys) => changed(values.value(keys), (value) => control.setChosen(values.keys(value))),
    });
    return control;
  });
}

const LISTS = {
  users: {
    word: "user",
    choices: () =>
      [...state.users.values()]
        .filter((each) => !each.is_bot)
        .map((each) => ({ key: each.id, text: displayName(each) })),
  },
  channels: {
    word: "channel",
    choices: () =>
      rooms()
        .filter((room) => !room.is_im && !room.is_private)
        .map(roomChoice),
  },
  conversations: { word: "conversation", choices: () => rooms().map(roomChoice) },
};

const rooms = () => [...state.channels.values()];
const roomChoice = (room) => ({ key: room.id, text: room.is_im ? channelTitle(room) : `#${room.name}` });

export function workspaceSelect(element, place) {
  const many = element.type.startsWith("multi_");
  const { word, choices } = LISTS[element.type.replace("multi_", "").replace("_select", "")];
  const plural = many ? "s" : "";
  const name = `selected_${word}${plural}`;
  return select(element, place, [{ choices: choices() }], {
    initial: { [name]: element[`initial_${word}${plural}`] ?? (many ? [] : null) },
    keys: (value) => [value[name]].flat().filter(Boolean),
    value: (keys) => ({ [name]: many ? keys : (keys[0] ?? null) }),
  });
}

let groupsSoFar = 0;

/** Checkboxes, or radio buttons, which need a name of their own on the page. */
export function boxes(element, place) {
  const many = element.type === "checkboxes";
  const values = optionValues(element, many, element.options);
  const name = `choice-${(groupsSoFar += 1)}`;
  return entry(element, place, values.initial, (before, changed) => {
    const report = () => changed(values.value(checked()), check);
    const inputs = element.options.map(() => h("input", { type: many ? "checkbox" : "radio", name, onchange: report }));
    const checked = () => element.options.filter((_, at) => inputs[at].checked).map((option) => option.value);
    const check = (value) =>
      inputs.forEach((input, at) => (input.checked = values.keys(value).includes(element.options[at].value)));
    check(before);
    return h(
      "div",
      { class: "choices", role: many ? "group" : "radiogroup" },
      element.options.map((option, at) => h("label", { class: "choice" }, inputs[at], optionLabel(option))),
    );
  });
}

function optionLabel({ text, description }) {
  return h("span", {}, textNodes(text), description && h("small", {}, textNodes(description)));
}
