// Block Kit's interactive elements. Each becomes a control that reports its value in the shape Slack sends it;
// what happens with the value (send an action, keep it for a submit) is the surface's business.
// https://docs.slack.dev/reference/block-kit/block-elements

import { broken, send } from "./acting.js";
import { boxes, staticSelect, workspaceSelect } from "./choices.js";
import { h } from "./dom.js";
import { localMinute, textField, whenField } from "./fields.js";
import { icon } from "./icons.js";
import { plainText, shortcodes } from "./inline.js";
import { openMenu } from "./popover.js";

const CUT = 30;

/** `place`: see acting.js. */
export function elementNode(element, place) {
  const build = BUILDERS[element.type];
  return build ? build(element, place) : broken(`Unknown element “${element.type}”`);
}

const shortened = (text) => (text.length > CUT ? `${text.slice(0, CUT - 1).trimEnd()}…` : text);

function button(element, place) {
  const text = element.text.text;
  const kind = element.style === "primary" ? " button--primary" : element.style === "danger" ? " button--danger" : "";
  const props = {
    class: `button${kind}`,
    title: text.length > CUT ? text : null,
    "data-action": element.action_id,
    "aria-label": element.accessibility_label ?? (text.length > CUT ? text : null),
    onclick: (event) =>
      control.classList.contains("is-busy")
        ? event.preventDefault()
        : send(control, element, element.value === undefined ? {} : { value: element.value }, place),
  };
  const control = element.url
    ? h(
        "a",
        { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer" },
        h("span", {}, shortcodes(shortened(text))),
      )
    : h("button", { type: "button", ...props }, h("span", {}, shortcodes(shortened(text))));
  return control;
}

function overflow(element, place) {
  const control = h(
    "button",
    {
      type: "button",
      class: "button button--overflow",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-action": element.action_id,
      onclick: () =>
        openMenu(
          control,
          "More actions",
          element.options.map((option) => ({
            label: plainText(option.text),
            note: option.description?.text,
            href: option.url,
            chosen: () => send(control, element, { selected_option: option }, place),
          })),
        ),
    },
    icon("more"),
  );
  return control;
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
  datepicker: whenField("date", "selected_date"),
  timepicker: whenField("time", "selected_time"),
  datetimepicker: whenField(
    "datetime-local",
    "selected_date_time",
    (text) => (text ? Date.parse(text) / 1000 : null),
    (value) => (value ? localMinute(value) : ""),
  ),
  plain_text_input: textField("text"),
  email_text_input: textField("email"),
  url_text_input: textField("url"),
  number_input: textField("number"),
};
