// Light, dark, or as the system has it; remembered in this browser.

const ORDER = ["light dark", "light", "dark"];
const NAMES = { "light dark": "As the system", light: "Light", dark: "Dark" };
const KEY = "colour-scheme";

const current = () => (ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : ORDER[0]);

export function applyTheme() {
  document.documentElement.style.colorScheme = current();
}

/** Goes on to the next and returns its name. From the system's it goes to the other one, so that it is seen. */
export function nextTheme() {
  const [system, light, dark] = ORDER;
  const ring = matchMedia("(prefers-color-scheme: dark)").matches ? [system, light, dark] : [system, dark, light];
  localStorage.setItem(KEY, ring[(ring.indexOf(current()) + 1) % ring.length]);
  applyTheme();
  return NAMES[current()];
}
