/**
 * Moving and resizing in the week: by mouse (drag, with Ctrl to copy) and by keyboard (Alt and arrows, with Shift for
 * the length). A ghost shows where the appointment would be; Escape leaves it where it was. Knows no calendar.
 */

import { element } from "./element.js";
import { SLOT_MINUTES } from "./slots.js";

/** @typedef {{day: number, from: number, to: number}} Place day of the week, minutes since its midnight */
/** @typedef {"move" | "from" | "to"} Handle what is dragged: the whole, its beginning, or its end */
/** @typedef {(place: Place, copies: boolean) => void} Drop */

const DAY_MINUTES = 24 * 60;
const STARTS_AFTER_PIXELS = 4;
const EDGE_PIXELS = 7;

export class Drag {
  /** @param {HTMLElement} list what lies over the grid; its size is seven days by 24 hours */
  constructor(list) {
    this.list = list;
    /** @type {HTMLElement | null} */
    this.ghost = null;
    /** @type {HTMLElement | null} */
    this.dragged = null;
    /** @type {Place | null} where the keyboard has taken it to */
    this.wanted = null;
    this.held = false;
    /** @type {(() => void) | null} */
    this.waiting = null;
  }

  /**
   * Do what replaces the entries: at once, or when the one that somebody has hold of is let go.
   *
   * @param {() => void} work
   */
  whenFree(work) {
    if (this.held) this.waiting = work;
    else work();
  }

  free() {
    this.held = false;
    // After the click that follows: it is lost when its entry is replaced before.
    setTimeout(() => {
      const { waiting } = this;
      if (this.held || !waiting) return;
      this.waiting = null;
      waiting();
    });
  }

  /**
   * Let an entry be dragged.
   *
   * @param {HTMLElement} entry
   * @param {Place} place where it is
   * @param {Drop} drop
   */
  attach(entry, place, drop) {
    entry.addEventListener("pointerdown", (event) => this.press(event, entry, place, drop));
    entry.addEventListener("pointermove", (event) => {
      entry.style.cursor = handleAt(event, entry) === "move" ? "" : "ns-resize";
    });
    entry.addEventListener("keydown", (event) => this.key(event, entry, place, drop));
  }

  /**
   * @param {PointerEvent} down
   * @param {HTMLElement} entry
   * @param {Place} place
   * @param {Drop} drop
   */
  press(down, entry, place, drop) {
    // A finger scrolls; what it cannot drag it opens (to move), or copies from the peek.
    if (down.button !== 0 || down.pointerType === "touch") return;
    const handle = handleAt(down, entry);
    const grabbed = this.at(down);
    const stop = new AbortController();
    const { signal } = stop;
    let wanted = place;
    this.held = true;
    const end = () => {
      stop.abort();
      this.free();
      if (this.hide()) swallowClick();
    };
    /** @param {PointerEvent} event */
    const move = (event) => {
      const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
      if (!this.ghost && far < STARTS_AFTER_PIXELS) return;
      const now = this.at(event);
      wanted = shifted(place, handle, now.day - grabbed.day, now.minute - grabbed.minute);
      this.show(wanted, entry, event.ctrlKey);
    };
    document.addEventListener("pointermove", move, { signal });
    document.addEventListener("keydown", (event) => event.key === "Escape" && end(), { signal });
    document.addEventListener("pointercancel", end, { signal });
    document.addEventListener(
      "pointerup",
      (event) => {
        const dragged = this.ghost !== null;
        end();
        const copies = event.ctrlKey && handle === "move";
        if (dragged && (copies || differ(place, wanted))) drop(wanted, copies);
      },
      { signal },
    );
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} entry
   * @param {Place} place
   * @param {Drop} drop
   */
  key(event, entry, place, drop) {
    if (!event.altKey || !(event.key in ARROWS)) return;
    event.preventDefault();
    const [days, slots] = ARROWS[event.key];
    const handle = event.shiftKey ? "to" : "move";
    if (event.shiftKey && days) return;
    const wanted = shifted(this.wanted ?? place, handle, days, slots * SLOT_MINUTES);
    this.show(wanted, entry, false);
    if (!this.wanted) this.untilReleased(place, drop);
    this.held = true;
    this.wanted = wanted;
  }

  /**
   * Wait for the Alt key to be let go, which drops, or for Escape, which does not.
   *
   * @param {Place} place
   * @param {Drop} drop
   */
  untilReleased(place, drop) {
    const stop = new AbortController();
    const { signal } = stop;
    /** @param {boolean} drops */
    const end = (drops) => {
      stop.abort();
      const { wanted } = this;
      this.wanted = null;
      this.hide();
      this.free();
      if (drops && wanted && differ(place, wanted)) drop(wanted, false);
    };
    document.addEventListener(
      "keyup",
      (event) => {
        if (event.key !== "Alt") return;
        // Otherwise the browser's own menu would take the focus.
        event.preventDefault();
        end(true);
      },
      { signal },
    );
    document.addEventListener("keydown", (event) => event.key === "Escape" && end(false), { signal });
    window.addEventListener("blur", () => end(false), { signal });
  }

  /**
   * @param {PointerEvent} event
   * @returns {{day: number, minute: number}} where in the week the pointer is
   */
  at(event) {
    const box = this.list.getBoundingClientRect();
    const day = Math.floor(((event.clientX - box.left) / box.width) * 7);
    const minute = ((event.clientY - box.top) / box.height) * DAY_MINUTES;
    return { day: Math.max(0, Math.min(6, day)), minute };
  }

  /**
   * @param {Place} place
   * @param {HTMLElement} entry
   * @param {boolean} copies
   */
  show(place, entry, copies) {
    const text = element("span", { class: "ghost-time" }, `${clock(place.from)}–${clock(place.to)}`);
    const sign = copies ? [element("span", { class: "ghost-copy" }, "Kopia")] : [];
    this.ghost?.remove();
    this.ghost = element("li", { class: "entry-box ghost", "aria-hidden": "true" }, text, ...sign);
    for (const [name, value] of Object.entries({
      "--day": place.day,
      "--from": place.from,
      "--minutes": place.to - place.from,
      "--lane": 0,
      "--lanes": 1,
    }))
      this.ghost.style.setProperty(name, String(value));
    entry.toggleAttribute("data-dragged", !copies);
    this.dragged = entry;
    this.list.append(this.ghost);
  }

  /** @returns {boolean} whether there was a ghost */
  hide() {
    const was = this.ghost !== null;
    this.ghost?.remove();
    this.ghost = null;
    this.dragged?.removeAttribute("data-dragged");
    return was;
  }
}

/** @type {Record<string, [number, number]>} days and half hours */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {Place} place
 * @param {Handle} handle
 * @param {number} days
 * @param {number} minutes
 * @returns {Place} the place after that, in whole half hours and within the week
 */
function shifted(place, handle, days, minutes) {
  const by = Math.round(minutes / SLOT_MINUTES) * SLOT_MINUTES;
  const length = place.to - place.from;
  if (handle === "from")
    return { ...place, from: Math.max(0, Math.min(place.from + by, place.to - SLOT_MINUTES)) };
  if (handle === "to")
    return { ...place, to: Math.min(DAY_MINUTES, Math.max(place.to + by, place.from + SLOT_MINUTES)) };
  const from = Math.max(0, Math.min(place.from + by, DAY_MINUTES - length));
  return { day: Math.max(0, Math.min(6, place.day + days)), from, to: from + length };
}

/**
 * @param {Place} one
 * @param {Place} other
 * @returns {boolean}
 */
function differ(one, other) {
  return one.day !== other.day || one.from !== other.from || one.to !== other.to;
}

/**
 * @param {PointerEvent} event
 * @param {HTMLElement} entry
 * @returns {Handle}
 */
function handleAt(event, entry) {
  const { top, bottom, height } = entry.getBoundingClientRect();
  const edge = Math.min(EDGE_PIXELS, height / 4);
  if (event.clientY > bottom - edge) return "to";
  return event.clientY < top + edge ? "from" : "move";
}

/** The click that ends a drag opens nothing. */
function swallowClick() {
  const swallow = (/** @type {Event} */ event) => event.stopPropagation();
  document.addEventListener("click", swallow, { capture: true, once: true });
  // When the pointer was let go over something else there is no click to wait for.
  setTimeout(() => document.removeEventListener("click", swallow, true));
}

/**
 * @param {number} minutes
 * @returns {string} `10.30`
 */
function clock(minutes) {
  const [hour, minute] = [Math.floor(minutes / 60) % 24, minutes % 60];
  return `${String(hour).padStart(2, "0")}.${String(minute).padStart(2, "0")}`;
}
