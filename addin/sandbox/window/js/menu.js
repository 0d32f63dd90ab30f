/**
 * The menu that a right click, the menu key or Shift+F10 opens. Arrow keys move, Escape closes and gives focus back.
 */

import { element } from "./element.js";

/** @typedef {{label: string, run: () => void}} Entry */

/** @type {(() => void) | null} */
let closeOpenMenu = null;

/**
 * @param {{x: number, y: number}} point in the viewport
 * @param {string} label what the menu is about
 * @param {Entry[]} entries
 */
export function openMenu(point, label, entries) {
  closeOpenMenu?.();
  const before = document.activeElement;
  const items = entries.map((entry) => item(entry, close));
  const menu = element("div", { role: "menu", class: "menu", "aria-label": label }, ...items);
  function close() {
    closeOpenMenu = null;
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    if (before instanceof HTMLElement) before.focus();
  }
  /** @param {Event} event */
  function outside(event) {
    if (!menu.contains(/** @type {Node} */ (event.target))) close();
  }
  menu.addEventListener("keydown", (event) => moveOrClose(event, items, close));
  menu.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("pointerdown", outside, true);
  closeOpenMenu = close;
  (document.querySelector("main:not([hidden])") ?? document.body).append(menu);
  place(menu, point);
  items[0].focus();
}

/**
 * @param {Entry} entry
 * @param {() => void} close
 * @returns {HTMLButtonElement}
 */
function item(entry, close) {
  const choose = () => {
    close();
    entry.run();
  };
  return element("button", { type: "button", role: "menuitem", tabindex: -1, onclick: choose }, entry.label);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} items
 * @param {() => void} close
 */
function moveOrClose(event, items, close) {
  const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const steps = /** @type {Record<string, number>} */ ({
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: -1,
  });
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key in steps) items.at(steps[event.key] % items.length)?.focus();
  else return;
  event.preventDefault();
}

/**
 * @param {HTMLElement} menu
 * @param {{x: number, y: number}} point
 */
function place(menu, { x, y }) {
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, window.innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, window.innerHeight - height - 4))}px`;
}
