// Light, dark, or as the system has it; remembered in this browser.

const ORDER = ["light dark", "light", "dark"];
const NAMES = { "light dark": "As the system", light: "Light", dark: "Dark" };
const KEY = "colour-scheme";

const current = () => (ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : ORDER[0]);

export function applyTheme() {
  document.documentElement.style.colorScheme = current();
}

/** Goes on to the next and returns its name. */
export function nextTheme() {
  localStorage.setItem(KEY, ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
  applyTheme();
  return NAMES[current()];
}
