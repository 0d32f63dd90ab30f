/** The pane's page: one view at a time, one spoken status line, and where the focus goes. */

import { element, present } from "./element.js";

/** @typedef {import("./element.js").Child} Child */

const view = /** @type {HTMLElement} */ (document.getElementById("view"));
const status = /** @type {HTMLElement} */ (document.getElementById("status"));

/**
 * Show a view under its heading, and move the focus there unless the pane has just been opened. Whoever stood in the view
 * before is always taken along. It is only moved within the pane: what is shown unasked takes it from nobody who writes in
 * the appointment.
 * @param {string} name for style and tests (`data-view`)
 * @param {string} heading
 * @param {Child[]} children
 * @param {{focus?: boolean, busy?: boolean}} [options]
 */
export function show(name, heading, children, { focus = true, busy = false } = {}) {
  const title = element("h2", { tabindex: "-1" }, heading);
  const stood = view.contains(document.activeElement);
  view.dataset.view = name;
  view.setAttribute("aria-busy", String(busy));
  view.replaceChildren(title, ...present(children));
  window.scrollTo(0, 0);
  if ((focus || stood) && document.hasFocus()) title.focus({ preventScroll: true });
}

/**
 * Have a screen reader say something, without moving the focus.
 * @param {string} text
 */
export function announce(text) {
  // The same words twice would be silent: the element must change.
  status.textContent = status.textContent === text ? `${text}\u00a0` : text;
}

/**
 * @param {string} name
 * @returns {boolean} whether that view is shown
 */
export function shows(name) {
  return view.dataset.view === name;
}
