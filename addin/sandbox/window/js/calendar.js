/**
 * The week calendar: toolbar, slots and appointments of one mailbox. Reads through Graph; what happens to an
 * appointment is decided by whoever made the calendar.
 */

import { remember, remembered } from "./address.js";
import { Drag } from "./drag.js";
import { element, part } from "./element.js";
import { showEntries } from "./entries.js";
import { openMenu } from "./menu.js";
import { peek } from "./peek.js";
import { SLOT_MINUTES, Slots } from "./slots.js";
import { addDays, mondayOf, momentText, weekNumber, weekText } from "./week.js";
import { instantOf, wallTime } from "./zone.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {import("./notice.js").Notices} Notices */
/** @typedef {import("./drag.js").Place} Place */

/**
 * @typedef {object} CalendarActions
 * @property {(start: Date, end: Date) => void} onNew
 * @property {(appointment: Appointment) => void} onOpen
 * @property {(appointment: Appointment) => void} onRemove
 * @property {(appointment: Appointment, start: Date, end: Date) => Promise<boolean>} onMove whether it was moved
 * @property {(appointment: Appointment, start: Date) => void} onCopy into the calendar that is shown
 */

const FIRST_HOUR_SHOWN = 7;
const NEW_MINUTES = 30;
const NOW_LINE_MS = 5 * 60_000;

export class Calendar {
  /**
   * @param {Notices} notices
   * @param {CalendarActions} actions
   */
  constructor(notices, actions) {
    this.notices = notices;
    this.actions = actions;
    /** @type {Graph | null} */
    this.graph = null;
    this.mailbox = "";
    this.monday = mondayOf(dayAskedFor() ?? today());
    this.asked = 0;
    this.drawn = "";
    /** @type {Appointment[]} as last read */
    this.appointments = [];
    /** @type {Map<string | null, {start: Date, end: Date}>} by id, what is shown until the calendar has answered */
    this.moves = new Map();
    const root = part("week", HTMLElement);
    this.grid = element("div", { role: "grid", class: "slots", "aria-label": "Veckans tider" });
    this.list = element("ul", {
      class: "entries",
      "aria-label": "Möten den här veckan",
      "data-testid": "entries",
    });
    this.drag = new Drag(this.list);
    /** @type {Appointment | null} what Ctrl+C took */
    this.clipboard = null;
    this.scroller = root.appendChild(element("div", { class: "week-scroll" }, this.grid, this.list));
    this.slots = new Slots(this.grid, {
      onBook: (wall) => this.book(wall),
      onPaste: (wall) => this.paste(wall),
      onMenu: (wall, at) => this.slotMenu(wall, at),
    });
    this.wireToolbar();
  }

  wireToolbar() {
    const press = (/** @type {string} */ id, /** @type {() => void} */ act) => {
      part(id, HTMLButtonElement).addEventListener("click", act);
    };
    press("new-meeting", () => this.book(this.nextFreeHalfHour()));
    press("today", () => void this.show(mondayOf(today())));
    press("paste", () => this.paste(this.slots.current()));
    press("previous-week", () => void this.show(addDays(this.monday, -7)));
    press("next-week", () => void this.show(addDays(this.monday, 7)));
  }

  /**
   * @param {Graph} graph
   * @param {string} mailbox
   */
  async open(graph, mailbox) {
    this.graph = graph;
    this.mailbox = mailbox;
    await this.show(this.monday);
  }

  /** @param {string} monday */
  async show(monday) {
    this.monday = monday;
    remember("week", monday);
    part("week-title", HTMLElement).textContent = `${weekText(monday)} · vecka ${weekNumber(monday)}`;
    this.slots.show(monday, today(), this.entrySlot());
    this.appointments = [];
    this.draw();
    this.scrollToWorkingHours();
    await this.refresh();
  }

  /** Read the shown week again. */
  async refresh() {
    // Only the newest question may draw: an answer for the week before must not land on this one.
    const asked = (this.asked += 1);
    this.scroller.setAttribute("aria-busy", "true");
    const appointments = await this.read();
    if (asked !== this.asked) return;
    this.scroller.removeAttribute("aria-busy");
    if (!appointments) return;
    this.appointments = appointments;
    this.draw();
  }

  /** Draw what was read, with each appointment where it was dropped last. */
  draw() {
    this.drag.whenFree(() => {
      const shown = this.appointments.map((one) => ({ ...one, ...this.moves.get(one.id) }));
      // What stands there already is left alone, under the pointer and the focus that may be on it.
      const drawn = JSON.stringify([this.monday, shown, Math.floor(Date.now() / NOW_LINE_MS)]);
      if (drawn === this.drawn) return;
      this.drawn = drawn;
      showEntries(this.list, this.monday, shown, this.drag, {
        onPeek: (appointment, anchor) => this.peek(appointment, anchor),
        onOpen: this.actions.onOpen,
        onMenu: (appointment, point) => this.entryMenu(appointment, point),
        onDrop: (appointment, place, copies) => this.drop(appointment, place, copies),
        onCopy: (appointment) => this.take(appointment),
        onRemove: this.actions.onRemove,
      });
    });
  }

  /** @returns {Promise<Appointment[] | null>} null when the calendar could not be read, and the person has been told */
  async read() {
    const from = instantOf(`${this.monday}T00:00`) ?? new Date();
    const to = instantOf(`${addDays(this.monday, 7)}T00:00`) ?? new Date();
    try {
      return (await this.graph?.appointments(this.mailbox, from, to)) ?? null;
    } catch (failure) {
      console.error(failure);
      this.notices.fail("Kalendern kunde inte läsas. Se efter att sandlådan är igång och ladda om sidan.");
      return null;
    }
  }

  /**
   * @param {Appointment} appointment
   * @param {HTMLElement} anchor
   */
  peek(appointment, anchor) {
    peek(appointment, anchor, {
      onOpen: () => this.actions.onOpen(appointment),
      onCopy: () => this.take(appointment),
      onRemove: () => this.actions.onRemove(appointment),
    });
  }

  /** @param {string} wall */
  book(wall) {
    const start = this.instantAt(wall);
    if (start) this.actions.onNew(start, new Date(+start + NEW_MINUTES * 60_000));
  }

  /**
   * @param {Appointment} appointment
   * @param {Place} place
   * @param {boolean} copies
   */
  drop(appointment, place, copies) {
    const [start, end] = [place.from, place.to].map((minutes) => this.instantAt(this.wallAt(place.day, minutes)));
    if (!start || !end) return;
    if (copies) this.actions.onCopy(appointment, start);
    else void this.move(appointment, start, end);
  }

  /**
   * Show an appointment where it was dropped at once, so that the next drag or key starts there, and what is true as
   * soon as the calendar has answered.
   *
   * @param {Appointment} appointment
   * @param {Date} start
   * @param {Date} end
   */
  async move(appointment, start, end) {
    const { id } = appointment;
    const move = { start, end };
    this.moves.set(id, move);
    this.draw();
    const moved = await this.actions.onMove(appointment, start, end);
    if (this.moves.get(id) === move) {
      this.moves.delete(id);
      if (!moved) this.draw();
    }
    await this.refresh();
  }

  /** @param {Appointment} appointment */
  take(appointment) {
    this.clipboard = appointment;
    part("paste", HTMLButtonElement).hidden = false;
    this.notices.say(`${appointment.subject || "Mötet"} är kopierat. Välj en tid och sedan Klistra in.`);
  }

  /** @param {string} wall */
  paste(wall) {
    const start = this.clipboard ? this.instantAt(wall) : null;
    if (this.clipboard && start) this.actions.onCopy(this.clipboard, start);
  }

  /**
   * @param {number} day
   * @param {number} minutes
   * @returns {string} wall time
   */
  wallAt(day, minutes) {
    const date = addDays(this.monday, day + Math.floor(minutes / 1440));
    const [hour, minute] = [Math.floor((minutes % 1440) / 60), minutes % 60];
    return `${date}T${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  }

  /**
   * @param {string} wall
   * @returns {Date | null} null when the person has been told that there is no such time
   */
  instantAt(wall) {
    const instant = instantOf(wall);
    if (!instant) this.notices.fail("Den tiden finns inte: klockan ställs om till sommartid. Välj en annan tid.");
    return instant;
  }

  /**
   * @param {string} wall
   * @param {{x: number, y: number}} point
   */
  slotMenu(wall, point) {
    const paste = { label: "Klistra in", run: () => this.paste(wall) };
    openMenu(point, momentText(wall), [
      { label: "Ny mötesförfrågan", run: () => this.book(wall) },
      ...(this.clipboard ? [paste] : []),
      { label: "Gå till idag", run: () => void this.show(mondayOf(today())) },
    ]);
  }

  /**
   * @param {Appointment} appointment
   * @param {{x: number, y: number}} point
   */
  entryMenu(appointment, point) {
    openMenu(point, appointment.subject || "Möte", [
      { label: "Öppna", run: () => this.actions.onOpen(appointment) },
      { label: "Kopiera", run: () => this.take(appointment) },
      { label: "Ta bort", run: () => this.actions.onRemove(appointment) },
    ]);
  }

  /** @returns {string} where Tab enters the grid */
  entrySlot() {
    return `${mondayOf(today()) === this.monday ? today() : this.monday}T09:00`;
  }

  /** @returns {string} the next half hour in the shown week, or its Monday at nine when the week is another */
  nextFreeHalfHour() {
    if (mondayOf(today()) !== this.monday) return `${this.monday}T09:00`;
    const step = SLOT_MINUTES * 60_000;
    return wallTime(new Date(Math.ceil((Date.now() + 60_000) / step) * step));
  }

  scrollToWorkingHours() {
    const first = this.grid.querySelector(`[data-slot$="T0${FIRST_HOUR_SHOWN}:00"]`);
    if (first instanceof HTMLElement) this.scroller.scrollTop = first.offsetTop - this.headHeight();
  }

  /** @returns {number} */
  headHeight() {
    return this.grid.querySelector(".week-head")?.getBoundingClientRect().height ?? 0;
  }
}

/** @returns {string | null} the day in the page's address, when it is one */
function dayAskedFor() {
  const day = remembered("week");
  return day && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : null;
}

/** @returns {string} */
function today() {
  return wallTime(new Date()).slice(0, 10);
}
