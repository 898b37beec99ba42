// The file input: chooses files, uploads them to the workspace at once, and holds their ids for the submit.
// https://docs.slack.dev/reference/block-kit/block-elements/file-input-element

import { upload } from "./api.js";
import { entry } from "./acting.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { state } from "./state.js";

const MOST = 10;

export function fileField(element, place) {
  return entry(element, place, { files: [] }, ({ files: before }, changed) => {
    let files = before;
    const most = element.max_files ?? MOST;
    const list = h("div", { class: "upload__files" });
    const trouble = h("div", { class: "action-error", role: "alert" });
    const chooser = h("input", {
      type: "file",
      class: "spoken",
      tabindex: "-1",
      "aria-hidden": "true",
      multiple: most > 1,
      accept: element.filetypes?.map((type) => `.${type}`).join(","),
      onchange: () => add([...chooser.files]),
    });
    const button = h(
      "button",
      { type: "button", class: "button field", onclick: () => chooser.click() },
      icon("upload", 16),
      h("span", {}, most > 1 ? "Add files" : "Add file"),
    );
    const box = h("div", { class: "upload" }, list, button, trouble, chooser);
    draw();
    return box;

    async function add(chosen) {
      chooser.value = "";
      trouble.replaceChildren();
      button.classList.add("is-busy");
      for (const each of chosen.slice(0, most - files.length)) {
        const answer = await upload(state.me.id, each);
        if (answer.ok) keep([...files, answer.file]);
        else trouble.replaceChildren(icon("warn", 16), `${each.name} couldn’t be uploaded (${answer.error}).`);
      }
      button.classList.remove("is-busy");
    }

    function keep(next) {
      files = next;
      draw();
      changed({ files }, ({ files: old }) => keep(old));
    }

    function draw() {
      button.hidden = files.length >= most;
      list.replaceChildren(
        ...files.map((each) =>
          h(
            "div",
            { class: "file" },
            icon("file", 24),
            h("span", {}, h("b", {}, each.name), h("small", {}, each.pretty_type ?? each.mimetype ?? "File")),
            h(
              "button",
              {
                type: "button",
                class: "icon-button",
                "aria-label": `Remove ${each.name}`,
                onclick: () => keep(files.filter((other) => other !== each)),
              },
              icon("close", 16),
            ),
          ),
        ),
      );
    }
  });
}
