/**
 * The week's appointments, laid over the slots. Those that overlap share the width of the day.
 */

import { timeText } from "./appointment.js";
import { element } from "./element.js";
import { closePeek } from "./peek.js";
import { daysOf } from "./week.js";
import { wallTime } from "./zone.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {{appointment: Appointment, day: number, from: number, to: number, lane: number, lanes: number}} Placed */

const DAY_MINUTES = 24 * 60;
const SHORTEST_SHOWN = 25;

/**
 * @typedef {object} EntryActions
 * @property {(appointment: Appointment, anchor: HTMLElement) => void} onPeek
 * @property {(appointment: Appointment) => void} onOpen
 * @property {(appointment: Appointment, point: {x: number, y: number}) => void} onMenu
 * @property {(appointment: Appointment, place: Place, copies: boolean) => void} onDrop
 * @property {(appointment: Appointment) => void} onCopy
 * @property {(appointment: Appointment) => void} onRemove
 */

/** @typedef {import("./drag.js").Place} Place */
/** @typedef {import("./drag.js").Drag} Drag */

/**
 * @param {HTMLElement} root a list
 * @param {string} monday
 * @param {Appointment[]} appointments
 * @param {Drag} drag
 * @param {EntryActions} actions
 */
export function showEntries(root, monday, appointments, drag, actions) {
  const days = daysOf(monday);
  const placed = days.flatMap((day, index) => inLanes(onDay(appointments, day, index)));
  const focused = document.activeElement?.getAttribute("data-item-id");
  root.replaceChildren(...placed.map((one) => entry(one, drag, actions)), ...nowLine(days));
  // Whoever moved an appointment by keyboard goes on from where it is now.
  const again = focused ? root.querySelector(`[data-item-id="${CSS.escape(focused)}"]`) : null;
  if (again instanceof HTMLElement) again.focus();
}

/**
 * @param {string[]} days
 * @returns {HTMLElement[]} the line that says what time it is, in this week only
 */
function nowLine(days) {
  const now = new Date();
  const day = days.indexOf(wallTime(now).slice(0, 10));
  if (day < 0) return [];
  const line = element("li", { class: "now", "aria-hidden": "true" });
  line.style.setProperty("--day", String(day));
  line.style.setProperty("--from", String(minuteOn(days[day], now)));
  return [line];
}

/**
 * @param {Appointment[]} appointments
 * @param {string} day
 * @param {number} index
 * @returns {Placed[]} the parts that fall on the day, by start; minutes since its midnight
 */
function onDay(appointments, day, index) {
  return appointments
    .map((appointment) => ({
      appointment,
      day: index,
      from: minuteOn(day, appointment.start),
      to: minuteOn(day, appointment.end),
      lane: 0,
      lanes: 1,
    }))
    .filter(({ from, to }) => from < DAY_MINUTES && to > 0)
    .sort((left, right) => left.from - right.from);
}

/**
 * @param {string} day
 * @param {Date} instant
 * @returns {number} 0 before the day, 1440 after it
 */
function minuteOn(day, instant) {
  const wall = wallTime(instant);
  if (wall.slice(0, 10) !== day) return wall < day ? 0 : DAY_MINUTES;
  return Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
}

/**
 * @param {Placed[]} placed by start
 * @returns {Placed[]} the same, with lanes given out
 */
function inLanes(placed) {
  /** @type {Placed[]} */
  let group = [];
  let groupEnds = 0;
  for (const one of placed) {
    if (one.from >= groupEnds) group = [];
    const busy = new Set(group.filter((other) => other.to > one.from).map((other) => other.lane));
    while (busy.has(one.lane)) one.lane += 1;
    group.push(one);
    groupEnds = Math.max(groupEnds, one.to);
    const lanes = Math.max(...group.map((other) => other.lane)) + 1;
    for (const other of group) other.lanes = lanes;
  }
  return placed;
}

/**
 * @param {Placed} placed
 * @param {Drag} drag
 * @param {EntryActions} actions
 * @returns {HTMLElement}
 */
function entry(placed, drag, actions) {
  const { appointment } = placed;
  const { own, cancelled } = appointment;
  const button = element(
    "button",
    {
      type: "button",
      class: `entry${own ? "" : " invited"}${cancelled ? " cancelled" : ""}`,
      "aria-describedby": "entry-keys",
      "data-testid": "entry",
      "data-item-id": appointment.id,
      onclick: () => actions.onPeek(appointment, button),
      // A double click is two clicks first, and they have opened the peek.
      ondblclick: () => {
        closePeek();
        actions.onOpen(appointment);
      },
      oncontextmenu: (/** @type {MouseEvent} */ event) =>
        menuAt(event, button, (point) => actions.onMenu(appointment, point)),
      onkeydown: (/** @type {KeyboardEvent} */ event) => key(event, appointment, actions),
    },
    element("span", { class: "entry-subject" }, appointment.subject || "(Inget ämne)", ...seriesSign(appointment)),
    element("span", { class: "entry-time" }, timeText(appointment)),
    element("span", { class: "entry-place" }, appointment.location),
  );
  const item = element(
    "li",
    { class: placed.to - placed.from <= 30 ? "entry-box short" : "entry-box" },
    button,
  );
  position(item, placed);
  // One that goes over midnight is moved in its form.
  if (placed.to - placed.from === (+appointment.end - +appointment.start) / 60_000)
    drag.attach(button, placed, (place, copies) => actions.onDrop(appointment, place, copies));
  return item;
}

/**
 * @param {KeyboardEvent} event
 * @param {Appointment} appointment
 * @param {EntryActions} actions
 */
function key(event, appointment, actions) {
  if (event.key === "Delete") actions.onRemove(appointment);
  else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c") actions.onCopy(appointment);
  else return;
  event.preventDefault();
}

/**
 * @param {Appointment} appointment
 * @returns {HTMLElement[]}
 */
function seriesSign({ kind }) {
  if (kind === "singleInstance") return [];
  const text = kind === "exception" ? "flyttad gång i en serie" : "i en serie";
  return [
    element("span", { class: "series-sign", "data-kind": kind, "aria-hidden": "true" }),
    element("span", { class: "unseen" }, `, ${text}`),
  ];
}

/**
 * @param {MouseEvent} event
 * @param {HTMLElement} button
 * @param {(point: {x: number, y: number}) => void} open
 */
function menuAt(event, button, open) {
  event.preventDefault();
  button.focus();
  const box = button.getBoundingClientRect();
  open(event.button === 2 ? { x: event.clientX, y: event.clientY } : { x: box.left + 8, y: box.bottom });
}

/**
 * @param {HTMLElement} item
 * @param {Placed} placed
 */
function position(item, { day, from, to, lane, lanes }) {
  item.style.setProperty("--day", String(day));
  item.style.setProperty("--from", String(from));
  item.style.setProperty("--minutes", String(Math.max(SHORTEST_SHOWN, to - from)));
  item.style.setProperty("--lane", String(lane));
  item.style.setProperty("--lanes", String(lanes));
}
