/**
 * The half hours of a week as a grid that mouse and keyboard can walk. Says which slot somebody wants to book or wants
 * a menu for; knows nothing of the appointments that lie above it.
 */

import { element } from "./element.js";
import { addDays, dayText, daysOf, momentText } from "./week.js";

export const SLOT_MINUTES = 30;
const SLOTS = (24 * 60) / SLOT_MINUTES;
const WORK_BEGINS = 8;
const WORK_ENDS = 17;

/**
 * @typedef {object} SlotActions
 * @property {(wall: string) => void} onBook
 * @property {(wall: string) => void} onPaste
 * @property {(wall: string, point: {x: number, y: number}) => void} onMenu
 */

export class Slots {
  /**
   * @param {HTMLElement} root
   * @param {SlotActions} actions `wall` is the slot's start, `2027-03-01T10:00`
   */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    root.addEventListener("click", (event) => this.chosen(event)?.focus());
    root.addEventListener("focusin", (event) => this.enter(event));
    root.addEventListener("dblclick", (event) => this.onCell(event, (wall) => actions.onBook(wall)));
    root.addEventListener("contextmenu", (event) =>
      this.onCell(event, (wall, cell) => this.menu(event, wall, cell)),
    );
    root.addEventListener("keydown", (event) => this.key(event));
  }

  /**
   * @param {string} monday
   * @param {string} today
   * @param {string} current the slot that Tab leads to, as wall time
   */
  show(monday, today, current) {
    this.root.replaceChildren(heading(monday, today));
    for (let slot = 0; slot < SLOTS; slot += 1) this.root.append(row(monday, slot));
    this.cell(current)?.setAttribute("tabindex", "0");
  }

  /**
   * @param {string} wall
   * @returns {HTMLElement | null}
   */
  cell(wall) {
    return this.root.querySelector(`[data-slot="${wall}"]`);
  }

  /** @returns {string} the half hour that was chosen last, as wall time */
  current() {
    const cell = /** @type {HTMLElement} */ (this.root.querySelector('[data-slot][tabindex="0"]'));
    return String(cell.dataset.slot);
  }

  /**
   * @param {Event} event
   * @returns {HTMLElement | null}
   */
  chosen(event) {
    return /** @type {Element} */ (event.target).closest("[data-slot]");
  }

  /**
   * @param {Event} event
   * @param {(wall: string, cell: HTMLElement) => void} act
   */
  onCell(event, act) {
    const cell = this.chosen(event);
    if (!cell) return;
    event.preventDefault();
    act(String(cell.dataset.slot), cell);
  }

  /** @param {Event} event */
  enter(event) {
    this.onCell(event, (_, cell) => {
      for (const other of this.root.querySelectorAll('[tabindex="0"]')) other.setAttribute("tabindex", "-1");
      cell.setAttribute("tabindex", "0");
    });
  }

  /**
   * @param {MouseEvent} event made by the mouse, by the menu key, or by Shift+F10
   * @param {string} wall
   * @param {HTMLElement} cell
   */
  menu(event, wall, cell) {
    cell.focus();
    const box = cell.getBoundingClientRect();
    const byMouse = event.button === 2;
    this.actions.onMenu(
      wall,
      byMouse ? { x: event.clientX, y: event.clientY } : { x: box.left + 8, y: box.bottom },
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const from = this.chosen(event)?.dataset.slot;
    if (!from) return;
    if (event.key === "Enter" || event.key === " ") this.actions.onBook(from);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v") this.actions.onPaste(from);
    else if (event.key in MOVES) this.cell(MOVES[event.key](from))?.focus();
    else return;
    event.preventDefault();
  }
}

/** @type {Record<string, (wall: string) => string>} */
const MOVES = {
  ArrowLeft: (wall) => addDays(wall.slice(0, 10), -1) + wall.slice(10),
  ArrowRight: (wall) => addDays(wall.slice(0, 10), 1) + wall.slice(10),
  ArrowUp: (wall) => `${wall.slice(0, 11)}${clock(slotOf(wall) - 1)}`,
  ArrowDown: (wall) => `${wall.slice(0, 11)}${clock(slotOf(wall) + 1)}`,
};

/**
 * @param {string} wall
 * @returns {number}
 */
function slotOf(wall) {
  return (Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16))) / SLOT_MINUTES;
}

/**
 * @param {number} slot
 * @returns {string} `10:30`
 */
function clock(slot) {
  const minutes = slot * SLOT_MINUTES;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/**
 * @param {string} monday
 * @param {string} today
 * @returns {HTMLElement}
 */
function heading(monday, today) {
  const days = daysOf(monday).map((day) =>
    element(
      "div",
      { role: "columnheader", class: "day-name", "aria-current": day === today ? "date" : null },
      element("span", { class: "day-number" }, String(Number(day.slice(8)))),
      element("span", {}, dayText(day, { weekday: "long" })),
    ),
  );
  const corner = element(
    "div",
    { role: "columnheader", class: "hour" },
    element("span", { class: "unseen" }, "Tid"),
  );
  return element("div", { role: "row", class: "week-row week-head" }, corner, ...days);
}

/**
 * @param {string} monday
 * @param {number} slot
 * @returns {HTMLElement}
 */
function row(monday, slot) {
  const time = clock(slot);
  const hour = Number(time.slice(0, 2));
  const full = time.endsWith(":00");
  const name = element("span", { class: full ? "" : "unseen" }, full ? time.slice(0, 2) : time);
  const cells = daysOf(monday).map((day, index) => cell(`${day}T${time}`, worked(index, hour)));
  const header = element("div", { role: "rowheader", class: "hour" }, name);
  return element("div", { role: "row", class: full ? "week-row" : "week-row half" }, header, ...cells);
}

/**
 * @param {number} weekday 0 is Monday
 * @param {number} hour
 * @returns {boolean}
 */
function worked(weekday, hour) {
  return weekday < 5 && hour >= WORK_BEGINS && hour < WORK_ENDS;
}

/**
 * @param {string} wall
 * @param {boolean} working
 * @returns {HTMLElement}
 */
function cell(wall, working) {
  return element("div", {
    role: "gridcell",
    class: working ? "slot" : "slot off-hours",
    tabindex: -1,
    "data-slot": wall,
    "aria-label": momentText(wall),
  });
}
