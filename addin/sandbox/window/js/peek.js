/**
 * A saved appointment to read: what it says, with links that can be followed, and the way on to opening it.
 */

import { timeText } from "./appointment.js";
import { element } from "./element.js";
import { rewritten } from "./outlook_html.js";
import { dayText } from "./week.js";
import { wallTime } from "./zone.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */

const ADDRESS = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;

/** @type {(() => void) | null} */
let closeOpenPeek = null;

/** Close the peek, if one is open. */
export function closePeek() {
  closeOpenPeek?.();
}

/**
 * Show the appointment beside its place in the calendar. Escape, a click elsewhere and the cross close it.
 *
 * @param {Appointment} appointment
 * @param {HTMLElement} anchor
 * @param {{onOpen: () => void, onCopy: () => void, onRemove: () => void}} actions
 */
export function peek(appointment, anchor, { onOpen, onCopy, onRemove }) {
  closePeek();
  const then = (/** @type {() => void} */ act) => () => {
    close();
    act();
  };
  const card = cardOf(appointment, then(onOpen), then(onCopy), then(onRemove), () => close());
  function close() {
    closeOpenPeek = null;
    document.removeEventListener("pointerdown", outside, true);
    const within = card.contains(document.activeElement);
    card.remove();
    if (within) anchor.focus();
  }
  /** @param {Event} event */
  function outside(event) {
    if (!card.contains(/** @type {Node} */ (event.target))) close();
  }
  card.addEventListener("keydown", (event) => event.key === "Escape" && close());
  // Where there is little room the card lies over its entry, and a double click's second one meets the card.
  const second = (/** @type {MouseEvent} */ event) => {
    if (event.detail !== 2) return;
    event.stopPropagation();
    then(onOpen)();
  };
  card.addEventListener("click", second, { capture: true, once: true });
  document.addEventListener("pointerdown", outside, true);
  closeOpenPeek = close;
  document.body.append(card);
  place(card, anchor);
  card.querySelector("button")?.focus();
}

/**
 * @param {Appointment} appointment
 * @param {() => void} open
 * @param {() => void} copy
 * @param {() => void} remove
 * @param {() => void} close
 * @returns {HTMLElement}
 */
function cardOf(appointment, open, copy, remove, close) {
  const body = element("div", { class: "peek-body", tabindex: 0, role: "region", "aria-label": "Innehåll" });
  body.append(readableBody(appointment));
  return element(
    "div",
    { class: "peek", role: "dialog", "aria-labelledby": "peek-title", "data-testid": "peek" },
    element("h2", { id: "peek-title" }, appointment.subject || "(Inget ämne)"),
    facts(appointment),
    body,
    element(
      "div",
      { class: "question-answers" },
      element("button", { type: "button", class: "primary", onclick: open }, "Öppna"),
      element("button", { type: "button", onclick: copy }, "Kopiera"),
      element("button", { type: "button", onclick: remove }, "Ta bort"),
      element("button", { type: "button", class: "quiet", onclick: close }, "Stäng"),
    ),
  );
}

/**
 * @param {HTMLElement} card
 * @param {HTMLElement} anchor
 */
function place(card, anchor) {
  const [box, { width, height }] = [anchor.getBoundingClientRect(), card.getBoundingClientRect()];
  const right = box.right + 8;
  const left = right + width < window.innerWidth ? right : Math.max(8, box.left - width - 8);
  card.style.left = `${left}px`;
  card.style.top = `${Math.max(8, Math.min(box.top, window.innerHeight - height - 8))}px`;
}

/**
 * @param {Appointment} appointment
 * @returns {HTMLElement}
 */
export function facts(appointment) {
  const day = dayText(wallTime(appointment.start).slice(0, 10), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  const rows = [
    ["Tid", `${day} kl.\u00a0${timeText(appointment)}`],
    ["Plats", appointment.location],
  ];
  for (const [name, type] of [
    ["Obligatoriska", "required"],
    ["Valfria", "optional"],
  ]) {
    const some = appointment.attendees.filter((attendee) => attendee.type === type);
    rows.push([name, some.map((attendee) => attendee.name).join(", ")]);
  }
  const shown = rows.filter(([, value]) => value);
  return element(
    "dl",
    {},
    ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

/**
 * @param {Appointment} appointment
 * @returns {Node}
 */
export function readableBody({ body }) {
  if (body.type === "text") return linked(body.content);
  const template = document.createElement("template");
  template.innerHTML = rewritten(body.content);
  for (const link of template.content.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return template.content;
}

/**
 * @param {string} text
 * @returns {Node} the text with its web addresses as links
 */
function linked(text) {
  const lines = element("div", { class: "plain-body" });
  let after = 0;
  for (const match of text.matchAll(ADDRESS)) {
    lines.append(text.slice(after, match.index));
    lines.append(element("a", { href: match[0], target: "_blank", rel: "noopener noreferrer" }, match[0]));
    after = match.index + match[0].length;
  }
  lines.append(text.slice(after));
  return lines;
}
