/**
 * The appointment that stands open in the form. Form and add-in both read and write it here, and each hears what the
 * other did. Nothing reaches the calendar before the person saves.
 */

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {"form" | "addin"} Writer */
/** @typedef {CustomEvent<{fields: (keyof Appointment)[], by: Writer}>} ChangeEvent */

export class OpenItem extends EventTarget {
  /**
   * @param {Appointment} appointment what is stored, or a blank one
   * @param {boolean} shared the calendar belongs to somebody else than the signed-in person
   */
  constructor(appointment, shared) {
    super();
    this.stored = appointment.id ? appointment : null;
    this.shared = shared;
    this.touched = false;
    /** @type {Appointment} */
    this.now = structuredClone(appointment);
  }

  /**
   * Write fields and tell everyone who listens for `change`; a new start or end is told as `time`, a new rule of a
   * series as `rule`, too.
   *
   * @param {Partial<Appointment>} fields
   * @param {Writer} by
   */
  write(fields, by) {
    Object.assign(this.now, fields);
    this.touched = true;
    const names = Object.keys(fields);
    this.dispatchEvent(new CustomEvent("change", { detail: { fields: names, by } }));
    if (names.includes("start") || names.includes("end")) this.dispatchEvent(new CustomEvent("time"));
    if (names.includes("rule")) this.dispatchEvent(new CustomEvent("rule"));
  }
}
