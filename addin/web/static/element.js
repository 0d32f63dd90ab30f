/** DOM elements in one expression. Text is always set as text, never parsed. */

/** @typedef {string | Node | null | false | undefined} Child what is empty is left out */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] a function under `onclick` and the
 *   like becomes a listener; true is an empty attribute, false none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...present(children));
  return made;
}

/**
 * @param {Child[]} children
 * @returns {(string | Node)[]}
 */
export function present(children) {
  return children.flatMap((child) => child || []);
}

/**
 * @param {string} label
 * @param {string} action what the button does, for style and tests (`data-action`)
 * @param {() => void} press
 * @param {{kind?: "primary" | "secondary" | "danger" | "plain", about?: string}} [options] `about` is read out after
 *   the label, for buttons that bear the same label
 */
export function button(label, action, press, { kind = "secondary", about = "" } = {}) {
  const attributes = {
    type: "button",
    class: `button button-${kind}`,
    "data-action": action,
    onclick: press,
  };
  return element("button", attributes, label, about ? hidden(` – ${about}`) : null);
}

/**
 * Give the focus to something that is no control, for whoever stood in what is no longer there.
 * @param {HTMLElement} place
 */
export function takeFocus(place) {
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

/**
 * Fill a place anew; whoever stood in it stands there still.
 * @param {HTMLElement} place
 * @param {Child[]} children
 */
export function refill(place, children) {
  const stood = place.contains(document.activeElement);
  place.replaceChildren(...present(children));
  if (stood) takeFocus(place);
}

/**
 * Text for screen readers only.
 * @param {string} text
 */
export function hidden(text) {
  return element("span", { class: "visually-hidden" }, text);
}

/**
 * Text in which no line ends within a clock time, as after its dash, or just before it.
 * @param {string} text
 * @returns {Child[]}
 */
export function unbroken(text) {
  const parts = text.split(/((?:kl\. )?\d\d\.\d\d(?:–\d\d\.\d\d)?)/);
  return parts.map((part, at) => (at % 2 ? element("span", { class: "whole" }, part) : part));
}

/**
 * @param {"error" | "warning" | "done" | "plain"} kind
 * @param {...Child} children
 */
export function notice(kind, ...children) {
  return element("div", { class: `notice notice-${kind}`, role: kind === "error" && "alert" }, ...children);
}
