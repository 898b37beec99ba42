// The stack of modals an app has opened for this user: only the top one shows. Submitting validates first, as Slack does.

import { post } from "./api.js";
import { blockNodes } from "./blocks.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./inline.js";
import { avatar } from "./people.js";
import { state } from "./state.js";
import { viewSurface } from "./surface.js";

let dialog = null;
let shown = null;

/** Brings the window in line with the server's stack; `changed()` refetches it. */
export function showModals(stack, changed) {
  const view = stack.at(-1) ?? null;
  if (shown && view && shown.id === view.id && shown.hash === view.hash) return;
  const focus = document.activeElement?.dataset?.action;
  shown = view;
  if (!view) {
    dialog?.close();
    dialog = null;
    return;
  }
  if (!dialog) {
    dialog = h("dialog", {
      class: "dialog dialog--modal",
      oncancel: (event) => {
        event.preventDefault();
        close(false);
      },
    });
    dialog.addEventListener("close", (event) => event.target.remove());
    document.body.append(dialog);
  }
  dialog.setAttribute("aria-label", view.title?.text ?? "Dialog");
  dialog.replaceChildren(...parts(view));
  if (!dialog.open) dialog.showModal();
  const again = focus && dialog.querySelector(`[data-action="${CSS.escape(focus)}"]`);
  (
    again ??
    dialog.querySelector(".field, .picker, .choice input") ??
    dialog.querySelector(".dialog__foot .button")
  )?.focus();

  async function close(clear) {
    const id = shown.id;
    await post("view/close", { user: state.me.id, view_id: id, clear });
    changed();
  }

  function parts(view) {
    const submit =
      view.submit &&
      h(
        "button",
        { type: "submit", class: "button button--medium button--primary" },
        h("span", {}, plainText(view.submit)),
      );
    const trouble = h("span", { class: "dialog__trouble", role: "alert" });
    const surface = viewSurface(view);
    const body = h("div", { class: "dialog__body" }, blockNodes(view.blocks, surface));
    const form = h(
      "form",
      {
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          send(view, surface.values(), { body, submit, trouble }, changed);
        },
      },
      body,
      h(
        "footer",
        { class: "dialog__foot" },
        trouble,
        h(
          "button",
          { type: "button", class: "button button--medium", onclick: () => close(false) },
          view.close ? plainText(view.close) : "Close",
        ),
        submit,
      ),
    );
    return [
      h(
        "header",
        { class: "dialog__head" },
        avatar({ name: state.app.name, isApp: true, id: state.app.id }, 28),
        h("h2", {}, plainText(view.title)),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close all", onclick: () => close(true) },
          icon("close"),
        ),
      ),
      form,
    ];
  }
}

async function send(view, values, { body, submit, trouble }, changed) {
  if (submit.classList.contains("is-busy")) return;
  trouble.replaceChildren();
  const problems = missing(view, values);
  showErrors(body, problems);
  if (Object.keys(problems).length) return;
  submit.classList.add("is-busy");
  const answer = await post("view/submit", { user: state.me.id, view_id: view.id, values });
  submit.classList.remove("is-busy");
  if (answer.errors) showErrors(body, answer.errors);
  else if (!answer.ok) trouble.append(icon("warn", 16), "We had some trouble connecting. Try again?");
  changed();
}

/** What Slack refuses itself, before the app is asked. */
function missing(view, values) {
  const problems = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const { type, ...value } = values[block.block_id]?.[block.element.action_id] ?? {};
    const content = Object.values(value)[0];
    const empty = content === undefined || content === null || content === "" || content.length === 0;
    if (empty && !block.optional) problems[block.block_id] = "Please complete this required field.";
    else if (!empty && block.element.min_length > String(content).length)
      problems[block.block_id] = `Please enter at least ${block.element.min_length} characters.`;
    else if (!empty && wrong(type, content, block.element))
      problems[block.block_id] = wrong(type, content, block.element);
  }
  return problems;
}

function wrong(type, content, element) {
  if (type === "email_text_input" && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(content))
    return "Please enter a valid email address.";
  if (type === "url_text_input" && !URL.canParse(content)) return "Please enter a valid URL.";
  if (type !== "number_input") return null;
  if (Number(content) < Number(element.min_value ?? -Infinity))
    return `Please enter a number that is at least ${element.min_value}.`;
  return Number(content) > Number(element.max_value ?? Infinity)
    ? `Please enter a number that is at most ${element.max_value}.`
    : null;
}

function showErrors(body, errors) {
  for (const old of body.querySelectorAll(".input__error")) old.remove();
  for (const block of body.children) {
    const problem = errors[block.dataset.block];
    const control = block.querySelector(".field, .picker, .choices");
    block.classList.toggle("has-error", Boolean(problem));
    control?.toggleAttribute("aria-invalid", Boolean(problem));
    if (problem) block.append(h("div", { class: "input__error", role: "alert" }, icon("warn", 16), problem));
  }
  body.querySelector(".has-error :is(.field, .picker, input)")?.focus();
}
