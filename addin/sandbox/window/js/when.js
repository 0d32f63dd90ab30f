/**
 * Start and end in the form: a day and a clock time each. A moved start takes the end along, as in Outlook.
 */

import { element } from "./element.js";
import { addDays, dayText } from "./week.js";
import { instantOf, wallTime } from "./zone.js";

const STEP_MINUTES = 30;

export class When {
  /** @param {(start: Date, end: Date) => void} onChange called with whole, sensible times only */
  constructor(onChange) {
    this.onChange = onChange;
    this.start = new Date(0);
    this.end = new Date(0);
    this.startDay = dayInput("start-day", "Startdatum", () => this.moved());
    this.startTime = timeInput("start-time", "Starttid", () => this.moved());
    this.endDay = dayInput("end-day", "Slutdatum", () => this.ended());
    this.endTime = timeInput("end-time", "Sluttid", () => this.ended());
    this.weekday = element("span", { class: "weekday" });
    this.fault = element("p", { id: "when-fault", class: "field-fault", role: "alert" });
    this.root = element(
      "fieldset",
      { class: "when" },
      element("legend", {}, "Tid"),
      withPicker(this.startDay, "Välj startdatum", () => this.moved()),
      this.startTime,
      element("span", { class: "when-to", "aria-hidden": "true" }, "till"),
      withPicker(this.endDay, "Välj slutdatum", () => this.ended()),
      this.endTime,
      this.weekday,
      halfHours(),
      this.fault,
    );
  }

  /**
   * @param {Date} start
   * @param {Date} end
   */
  show(start, end) {
    [this.start, this.end] = [start, end];
    fill(this.startDay, this.startTime, start);
    fill(this.endDay, this.endTime, end);
    const day = wallTime(start).slice(0, 10);
    this.weekday.textContent = dayText(day, { weekday: "long", day: "numeric", month: "long" });
    this.complain("");
  }

  /** @returns {boolean} whether the times that are written can be saved */
  good() {
    return this.fault.textContent === "";
  }

  moved() {
    const start = this.read(this.startDay, this.startTime);
    if (start) this.settle(start, new Date(+start + (+this.end - +this.start)));
  }

  ended() {
    const end = this.read(this.endDay, this.endTime);
    if (!end) return;
    if (end <= this.start) this.complain("Mötet slutar innan det börjar. Ändra sluttiden.");
    else this.settle(this.start, end);
  }

  /**
   * @param {Date} start
   * @param {Date} end
   */
  settle(start, end) {
    this.show(start, end);
    this.onChange(start, end);
  }

  /**
   * @param {HTMLInputElement} day
   * @param {HTMLInputElement} time
   * @returns {Date | null} null when it is no time, and the person has been told
   */
  read(day, time) {
    const clock = /^(\d{1,2})[:.]?(\d{2})$/.exec(time.value.trim());
    const good = clock !== null && Number(clock[1]) < 24 && Number(clock[2]) < 60 && isDay(day.value.trim());
    if (!good) {
      this.complain("Skriv datum som 2027-03-01 och tid som 09:30.");
      return null;
    }
    const instant = instantOf(`${day.value.trim()}T${clock[1].padStart(2, "0")}:${clock[2]}`);
    if (!instant) this.complain("Den tiden finns inte: klockan ställs om till sommartid.");
    return instant;
  }

  /** @param {string} text */
  complain(text) {
    this.fault.textContent = text;
  }
}

/**
 * A field for a day. Text and not `type=date`, which would show the day as the browser's language has it and not as
 * it is written in Sweden.
 *
 * @param {string} id
 * @param {string} label
 * @param {() => void} onChange
 * @returns {HTMLInputElement}
 */
function dayInput(id, label, onChange) {
  const step = (/** @type {KeyboardEvent} */ event) => {
    const days = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!days || !isDay(input.value)) return;
    event.preventDefault();
    input.value = addDays(input.value, days);
    onChange();
  };
  const input = element("input", {
    id,
    type: "text",
    class: "day",
    inputmode: "numeric",
    autocomplete: "off",
    required: true,
    placeholder: "ÅÅÅÅ-MM-DD",
    "aria-label": label,
    "aria-describedby": "when-fault",
    onchange: onChange,
    onkeydown: step,
  });
  return input;
}

/**
 * A day's field with a button that opens the browser's own calendar.
 *
 * @param {HTMLInputElement} input
 * @param {string} label of the button
 * @param {() => void} onChange
 * @returns {HTMLElement}
 */
function withPicker(input, label, onChange) {
  const picker = element("input", { type: "date", class: "picker", tabindex: -1, "aria-hidden": "true" });
  picker.addEventListener("change", () => {
    input.value = picker.value;
    onChange();
  });
  const open = () => {
    picker.value = input.value;
    picker.showPicker();
  };
  const leaf = element("span", { class: "leaf", "aria-hidden": "true" });
  const button = element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, onclick: open },
    leaf,
  );
  return element("span", { class: "when-part" }, input, button, picker);
}

/**
 * @param {string} day
 * @returns {boolean}
 */
function isDay(day) {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) return false;
  // Browsers read the 30th of February as one of March's days.
  return addDays(day, 0) === day;
}

/**
 * @param {string} id
 * @param {string} label
 * @param {() => void} onChange
 */
function timeInput(id, label, onChange) {
  return element("input", {
    id,
    type: "text",
    class: "clock",
    inputmode: "numeric",
    list: "half-hours",
    autocomplete: "off",
    required: true,
    "aria-label": label,
    "aria-describedby": "when-fault",
    onchange: onChange,
  });
}

/** @returns {HTMLElement} */
function halfHours() {
  const clocks = Array.from({ length: (24 * 60) / STEP_MINUTES }, (_, index) => {
    const minutes = index * STEP_MINUTES;
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  });
  return element("datalist", { id: "half-hours" }, ...clocks.map((value) => element("option", { value })));
}

/**
 * @param {HTMLInputElement} day
 * @param {HTMLInputElement} time
 * @param {Date} instant
 */
function fill(day, time, instant) {
  const wall = wallTime(instant);
  day.value = wall.slice(0, 10);
  time.value = wall.slice(11);
}
