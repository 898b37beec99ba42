// Builds DOM nodes. Text from messages only ever becomes a text node, so nothing that was posted can become markup.

/** h("button", {class: "x", onclick, "aria-label": "…"}, "text", node, [more]) → HTMLElement; false and null are left out. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") node.style.cssText = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Text that only a screen reader meets. */
export function spoken(text) {
  return h("span", { class: "spoken" }, text);
}

/** Brings `box` to hold exactly `items`, keeping nodes whose key and content are unchanged: their focus, spinners and
 *  scroll survive. When a redrawn node held the focus, the new one gets it, so that a keyboard user stays in place. */
export function patch(box, items) {
  const kept = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let place = box.firstElementChild;
  for (const { key, content, build } of items) {
    const stamp = JSON.stringify(content);
    let node = kept.get(key);
    const held = node?.contains(document.activeElement);
    if (!node || node.stamp !== stamp) {
      const fresh = build();
      fresh.dataset.key = key;
      fresh.stamp = stamp;
      if (node === place) place = node?.nextElementSibling ?? null;
      node?.remove();
      node = fresh;
    }
    kept.delete(key);
    if (node === place) place = place.nextElementSibling;
    else box.insertBefore(node, place);
    if (held && !node.contains(document.activeElement)) node.focus({ preventScroll: true });
  }
  for (const node of kept.values()) node.remove();
}

/** Arrow keys, Home and End move through the elements `selector` finds in `box`; Tab enters and leaves it once. */
export function roving(box, selector) {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  box.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    const stops = [...box.querySelectorAll(selector)];
    const here = stops.indexOf(document.activeElement);
    if (here < 0) return;
    const to = event.key === "Home" ? 0 : event.key === "End" ? stops.length - 1 : here + (steps[event.key] ?? 0);
    if (to === here || !stops[to]) return;
    event.preventDefault();
    stops[to].focus();
  });
  box.addEventListener("focusin", (event) => {
    const stop = event.target.closest(selector);
    if (!stop) return;
    for (const other of box.querySelectorAll(selector)) other.tabIndex = other === stop ? 0 : -1;
  });
}
