/**
 * *Gör till serie* in the form: every week, so many times. A rule of another kind is only told.
 */

import { element } from "./element.js";
import { isWeekly, ruleText, timesOf, weekly } from "./rule.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./appointment.js").Rule} Rule */

const FEWEST = 2;
const MOST = 52;
const USUAL = 6;

export class Repeat {
  /** @param {(rule: Rule | null) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.start = new Date(0);
    this.box = element("input", { id: "repeat", type: "checkbox", onchange: () => this.changed() });
    this.times = element("input", {
      id: "repeat-times",
      type: "number",
      min: FEWEST,
      max: MOST,
      value: USUAL,
      "aria-describedby": "repeat-fault",
      onchange: () => this.changed(),
    });
    this.told = element("p", { class: "repeat-told" });
    this.fault = element("p", { id: "repeat-fault", class: "field-fault", role: "alert" });
    this.count = element(
      "span",
      { class: "repeat-count", hidden: true },
      element("label", { for: "repeat-times" }, "Antal gånger"),
      this.times,
    );
    this.choice = element(
      "div",
      { class: "repeat-choice" },
      element("label", { class: "repeat-switch" }, this.box, "Gör till serie: varje vecka"),
      this.count,
    );
    this.root = element(
      "fieldset",
      { class: "repeat" },
      element("legend", {}, "Serie"),
      this.choice,
      this.told,
      this.fault,
    );
  }

  /** @param {Appointment} appointment */
  show({ kind, rule, start }) {
    this.start = start;
    const isPart = kind === "occurrence" || kind === "exception";
    const foreign = rule !== null && !isWeekly(rule);
    this.choice.hidden = isPart || foreign;
    this.box.checked = rule !== null;
    this.count.hidden = rule === null;
    if (rule && isWeekly(rule)) this.times.value = String(timesOf(rule));
    this.told.textContent = isPart
      ? "Du ändrar bara den här gången av en serie."
      : rule
        ? `${ruleText(rule)}. Du ändrar hela serien.`
        : "";
  }

  /** @returns {boolean} whether what is written can be saved */
  good() {
    return this.fault.textContent === "";
  }

  changed() {
    const times = Number(this.times.value);
    const wrong = this.box.checked && !(Number.isInteger(times) && times >= FEWEST && times <= MOST);
    this.fault.textContent = wrong ? `Skriv ett antal från ${FEWEST} till ${MOST}.` : "";
    this.count.hidden = !this.box.checked;
    if (!wrong) this.onChange(this.box.checked ? weekly(this.start, times) : null);
  }
}
