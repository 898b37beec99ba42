// Block Kit's interactive elements. Each becomes a control that reports its value in the shape Slack sends it;
// what happens with the value (send an action, keep it for a submit) is the surface's business.
// https://docs.slack.dev/reference/block-kit/block-elements

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, shortcodes } from "./inline.js";
import { textNodes } from "./mrkdwn.js";
import { picker } from "./picker.js";
import { confirmed, openMenu } from "./popover.js";
import { channelTitle, displayName, state } from "./state.js";

const CUT = 30;
const ERRORS = {
  operation_timeout: "The app didn’t respond in time. Try again.",
  not_connected: "The app isn’t reachable right now.",
};

/**
 * A place is {surface, blockId, sends}: `surface.act(blockId, element, value)` sends an action and resolves to {ok, error?};
 * `surface.keep(blockId, element, value)` remembers an entry; `surface.kept(blockId, element)` gives it back;
 * `sends` is false inside input blocks that do not dispatch.
 */
export function elementNode(element, place) {
  const build = BUILDERS[element.type];
  return build ? build(element, place) : broken(`Unknown element “${element.type}”`);
}

export function broken(text) {
  return h("div", { class: "broken", role: "alert" }, icon("warn", 16), h("span", {}, text));
}

const shortened = (text) => (text.length > CUT ? `${text.slice(0, CUT - 1).trimEnd()}…` : text);

/** Confirms if asked to, then sends; meanwhile the control spins, afterwards a refusal stands beside it. */
async function send(control, element, value, place, undo = () => {}) {
  if (element.confirm && !(await confirmed(element.confirm))) return undo();
  control.parentElement?.querySelector(":scope > .action-error")?.remove();
  control.classList.add("is-busy");
  control.setAttribute("aria-busy", "true");
  const answer = await place.surface.act(place.blockId, element, value);
  control.classList.remove("is-busy");
  control.removeAttribute("aria-busy");
  if (!answer.ok) control.after(h("span", { class: "action-error", role: "alert" }, icon("warn", 16), ERRORS[answer.error] ?? `That didn’t work (${answer.error}).`));
}

/** Wires a control that holds a value: restores what was entered before, keeps each change, sends it where it acts. */
function entry(element, place, initial, makeControl) {
  const before = place.surface.kept(place.blockId, element) ?? initial;
  place.surface.keep(place.blockId, element, before);
  const control = makeControl(before, (value, undo) => {
    place.surface.keep(place.blockId, element, value);
    if (place.sends) send(control, element, value, place, undo);
  });
  return control;
}

function button(element, place) {
  const text = element.text.text;
  const kind = element.style === "primary" ? " button--primary" : element.style === "danger" ? " button--danger" : "";
  const props = {
    class: `button${kind}`, title: text.length > CUT ? text : null, "data-action": element.action_id,
    "aria-label": element.accessibility_label ?? (text.length > CUT ? text : null),
    onclick: (event) => control.classList.contains("is-busy") ? event.preventDefault() : send(control, element, element.value === undefined ? {} : { value: element.value }, place),
  };
  const control = element.url
    ? h("a", { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer" }, h("span", {}, shortcodes(shortened(text))))
    : h("button", { type: "button", ...props }, h("span", {}, shortcodes(shortened(text))));
  return control;
}

function overflow(element, place) {
  const control = h("button", { type: "button", class: "button button--overflow", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false", "data-action": element.action_id,
    onclick: () => openMenu(control, "More actions", element.options.map((option) => ({
      label: plainText(option.text), note: option.description?.text, href: option.url,
      chosen: () => send(control, element, { selected_option: option }, place),
    }))) }, icon("more"));
  return control;
}

const choiceOf = (option) => ({ key: option.value, text: option.text.text, note: option.description?.text });

function optionGroups(element) {
  return element.option_groups?.map((group) => ({ label: group.label.text, options: group.options })) ?? [{ options: element.options ?? [] }];
}

function staticSelect(element, place) {
  const many = element.type.startsWith("multi_");
  const groups = optionGroups(element);
  const options = groups.flatMap((group) => group.options);
  const find = (keys) => keys.map((key) => options.find((option) => option.value === key));
  const initial = many ? { selected_options: element.initial_options ?? [] } : { selected_option: element.initial_option ?? null };
  const keysOf = (value) => (many ? value.selected_options : [value.selected_option]).filter(Boolean).map((option) => option.value);
  return entry(element, place, initial, (before, changed) =>
    select(element, groups.map((group) => ({ label: group.label, choices: group.options.map(choiceOf) })), keysOf(before), many,
      (keys) => (many ? { selected_options: find(keys) } : { selected_option: find(keys)[0] ?? null }), changed));
}

function select(element, groups, chosen, many, valueOf, changed) {
  let before = chosen;
  const control = picker({
    groups, chosen, many, limit: element.max_selected_items, placeholder: element.placeholder?.text ?? "Select an option",
    changed: (keys) => {
      const last = before;
      before = keys;
      changed(valueOf(keys), () => control.setChosen((before = last)));
    },
  });
  control.dataset.action = element.action_id;
  return control;
}

const LISTS = {
  users: ["user", () => [...state.users.values()].filter((person) => !person.is_bot).map((person) => ({ key: person.id, text: displayName(person) }))],
  channels: ["channel", () => [...state.channels.values()].filter((room) => !room.is_im && !room.is_private).map((room) => ({ key: room.id, text: `#${room.name}` }))],
  conversations: ["conversation", () => [...state.channels.values()].map((room) => ({ key: room.id, text: room.is_im ? channelTitle(room) : `#${room.name}` }))],
};

function workspaceSelect(element, place) {
  const many = element.type.startsWith("multi_");
  const [word, choices] = LISTS[element.type.replace("multi_", "").replace("_select", "")];
  const name = many ? `selected_${word}s` : `selected_${word}`;
  const initial = { [name]: element[many ? `initial_${word}s` : `initial_${word}`] ?? (many ? [] : null) };
  return entry(element, place, initial, (before, changed) =>
    select(element, [{ choices: choices() }], many ? before[name] : [before[name]].filter(Boolean), many, (keys) => ({ [name]: many ? keys : (keys[0] ?? null) }), changed));
}

let radios = 0;

function boxes(element, place) {
  const many = element.type === "checkboxes";
  const group = `choice-${(radios += 1)}`;
  const initial = many ? { selected_options: element.initial_options ?? [] } : { selected_option: element.initial_option ?? null };
  return entry(element, place, initial, (before, changed) => {
    const chosen = (many ? before.selected_options : [before.selected_option]).filter(Boolean).map((option) => option.value);
    const inputs = element.options.map((option) => {
      const input = h("input", { type: many ? "checkbox" : "radio", name: group, onchange: report });
      input.checked = chosen.includes(option.value);
      return input;
    });
    return h("div", { class: "choices", role: many ? "group" : "radiogroup", "data-action": element.action_id },
      element.options.map((option, at) => h("label", { class: "choice" }, inputs[at], h("span", {}, textNodes(option.text), option.description && h("small", {}, textNodes(option.description))))));

    function report() {
      const picked = element.options.filter((_, at) => inputs[at].checked);
      changed(many ? { selected_options: picked } : { selected_option: picked[0] ?? null });
    }
  });
}

/** date, time and both, as the browser's own fields: keyboards, phones and screen readers know them. */
function when(type, name, read = (text) => text || null, write = (value) => value ?? "") {
  return (element, place) =>
    entry(element, place, { [name]: element[name.replace("selected", "initial")] ?? null }, (before, changed) =>
      h("input", { type, class: "field field--when", value: write(before[name]), "data-action": element.action_id, "aria-label": element.placeholder?.text ?? type, onchange: (event) => changed({ [name]: read(event.target.value) }) }));
}

const localMinute = (epoch) => new Date(epoch * 1000 - new Date(epoch * 1000).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function textInput(type) {
  return (element, place) =>
    entry(element, place, { value: element.initial_value ?? null }, (before, changed) => {
      const props = {
        class: "field", value: before.value ?? "", placeholder: element.placeholder?.text, "data-action": element.action_id, maxlength: element.max_length,
        oninput: (event) => place.surface.keep(place.blockId, element, { value: event.target.value || null }),
        onkeydown: (event) => event.key === "Enter" && !event.shiftKey && place.sends && (event.preventDefault(), changed({ value: event.target.value || null })),
      };
      return element.multiline ? h("textarea", { rows: "4", ...props }) : h("input", { type, step: element.is_decimal_allowed ? "any" : null, ...props });
    });
}

const BUILDERS = {
  button,
  workflow_button: button,
  overflow,
  static_select: staticSelect,
  multi_static_select: staticSelect,
  users_select: workspaceSelect,
  multi_users_select: workspaceSelect,
  channels_select: workspaceSelect,
  multi_channels_select: workspaceSelect,
  conversations_select: workspaceSelect,
  multi_conversations_select: workspaceSelect,
  checkboxes: boxes,
  radio_buttons: boxes,
  datepicker: when("date", "selected_date"),
  timepicker: when("time", "selected_time"),
  datetimepicker: when("datetime-local", "selected_date_time", (text) => (text ? Date.parse(text) / 1000 : null), (value) => (value ? localMinute(value) : "")),
  plain_text_input: textInput("text"),
  email_text_input: textInput("email"),
  url_text_input: textInput("url"),
  number_input: textInput("number"),
};
