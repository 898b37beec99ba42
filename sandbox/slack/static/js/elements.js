// Block Kit's interactive elements. Each becomes a control that reports its value in the shape Slack sends it;
// what happens with the value (send an action, keep it for a submit) is the surface's business.
// https://docs.slack.dev/reference/block-kit/block-elements

import { broken, send } from "./acting.js";
import { boxes, externalSelect, staticSelect, workspaceSelect } from "./choices.js";
import { h } from "./dom.js";
import { localMinute, textField, whenField } from "./fields.js";
import { icon } from "./icons.js";
import { plainText, shortcodes } from "./inline.js";
import { openMenu } from "./popover.js";
import { richField } from "./richfield.js";
import { state } from "./state.js";
import { fileField } from "./uploads.js";

const CUT = 30;

/** Some elements name the people they are for. */
export function visibleToMe(element) {
  return element.visible_to_user_ids?.includes(state.me?.id) ?? true;
}

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
        : send(control, element, valueOf(element), place),
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

const valueOf = (element) => (element.value === undefined ? {} : { value: element.value });

function iconButton(element, place) {
  const label = element.accessibility_label ?? element.text.text;
  const control = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      title: element.text.text,
      "aria-label": label,
      "data-action": element.action_id,
      onclick: () => send(control, element, valueOf(element), place),
    },
    icon(element.icon, 18),
  );
  return control;
}

/** Two thumbs, one of which may be up: Slack sends the pressed one's value. */
function feedback(element, place) {
  const thumb = (choice, picture) => {
    const control = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: choice.text.text,
        "aria-label": choice.accessibility_label ?? choice.text.text,
        "aria-pressed": "false",
        onclick: () => {
          for (const each of pair) each.setAttribute("aria-pressed", String(each === control));
          send(control, element, { value: choice.value }, place);
        },
      },
      icon(picture, 18),
    );
    return control;
  };
  const pair = [thumb(element.positive_button, "thumbUp"), thumb(element.negative_button, "thumbDown")];
  return h("span", { class: "feedback", role: "group", "data-action": element.action_id }, pair);
}

const BUILDERS = {
  button,
  workflow_button: button,
  icon_button: iconButton,
  feedback_buttons: feedback,
  overflow,
  external_select: externalSelect,
  multi_external_select: externalSelect,
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
  rich_text_input: richField,
  file_input: fileField,
};
