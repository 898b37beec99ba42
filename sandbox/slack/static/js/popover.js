// Things that float: menus and lists beside a button, confirm dialogs, an enlarged image, notices.
// Popovers live in the browser's top layer, so they also work above a modal.

import { h, roving } from "./dom.js";
import { icon } from "./icons.js";
import { textNodes } from "./mrkdwn.js";

const GAP = 4;

/** Opens `box` beside `anchor`; Esc or a click elsewhere closes it and returns the focus. `closed` is called once. */
export function openPopover(anchor, box, closed = () => {}) {
  box.popover = "auto";
  // Not beside the anchor, which may hide while the pointer is on the box; but inside a modal, where all else is inert.
  (anchor.closest("dialog") ?? document.body).append(box);
  box.showPopover({ source: anchor });
  place(anchor, box);
  anchor.setAttribute("aria-expanded", "true");
  box.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    if (box.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    anchor.setAttribute("aria-expanded", "false");
    box.remove();
    closed();
  });
}

function place(anchor, box) {
  const at = anchor.getBoundingClientRect();
  const below = innerHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const up = box.offsetHeight > below && above > below;
  box.style.maxHeight = `${Math.min(360, up ? above : below)}px`;
  box.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - box.offsetWidth - GAP))}px`;
  box.style.top = up ? `${at.top - box.offsetHeight - GAP}px` : `${at.bottom + GAP}px`;
}

/** A menu of actions: [{label, note?, href?, chosen()}]. */
export function openMenu(anchor, label, entries) {
  const box = h("div", { class: "popover menu", role: "menu", "aria-label": label });
  box.append(
    ...entries.map((entry) =>
      h(
        entry.href ? "a" : "button",
        {
          role: "menuitem",
          class: "menu__item",
          tabindex: "-1",
          href: entry.href,
          target: entry.href && "_blank",
          rel: entry.href && "noopener noreferrer",
          onclick: () => {
            box.hidePopover();
            entry.chosen();
          },
        },
        entry.label,
        entry.note && h("small", {}, entry.note),
      ),
    ),
  );
  roving(box, ".menu__item");
  openPopover(anchor, box);
  box.firstElementChild?.focus();
}

/** Asks as Slack's confirm object says; resolves to true only when confirmed. */
export function confirmed(confirm) {
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close();
      resolve(yes);
    };
    const style = confirm.style === "danger" ? "button--danger" : "button--primary";
    const dialog = openDialog(
      "dialog dialog--confirm",
      confirm.title?.text ?? "Are you sure?",
      confirm.text ? textNodes(confirm.text) : [],
      [
        h("button", { class: "button button--medium", onclick: answer(false) }, confirm.deny?.text ?? "Cancel"),
        h(
          "button",
          { class: `button button--medium ${style}`, onclick: answer(true), autofocus: true },
          confirm.confirm?.text ?? "Yes",
        ),
      ],
      answer(false),
    );
  });
}

/** A modal window of the page's own; `cancelled` runs on Esc and on the cross. */
export function openDialog(kind, title, content, footer, cancelled) {
  const dialog = h(
    "dialog",
    { class: kind, "aria-label": title },
    h(
      "header",
      { class: "dialog__head" },
      h("h2", {}, title),
      h("button", { class: "icon-button", "aria-label": "Close", onclick: cancelled }, icon("close")),
    ),
    h("div", { class: "dialog__body" }, content),
    footer.length > 0 && h("footer", { class: "dialog__foot" }, footer),
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    cancelled();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Shows an image as large as the window allows. */
export function zoom(source, title) {
  const dialog = openDialog("dialog dialog--image", title, h("img", { src: source, alt: title }), [], () =>
    dialog.close(),
  );
  dialog.addEventListener("click", (event) => event.target.tagName !== "H2" && dialog.close());
}

/** A notice in the corner that leaves by itself; `chosen` makes it clickable. */
export function notify(title, text, chosen) {
  const dismiss = () => box.remove();
  const box = h(
    "div",
    { class: "notice", role: "status" },
    h(
      "button",
      {
        class: "notice__text",
        onclick: () => {
          dismiss();
          chosen?.();
        },
      },
      h("b", {}, title),
      h("span", {}, text),
    ),
    h("button", { class: "icon-button", "aria-label": "Dismiss", onclick: dismiss }, icon("close", 16)),
  );
  document.querySelector("#notices").append(box);
  setTimeout(dismiss, 8000);
}
