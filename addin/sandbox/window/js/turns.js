/**
 * Lets what is done to one appointment happen in the order in which it was asked for, one at a time: two changes on
 * their way at once could arrive the other way round, and a copy could be taken of what was before.
 */

/** @typedef {import("./appointment.js").Appointment} Appointment */

export class Turns {
  constructor() {
    /** @type {Map<string, Promise<unknown>>} the last in each line, by the appointment's id or its series' */
    this.last = new Map();
  }

  /**
   * @template Result
   * @param {Pick<Appointment, "id" | "masterId">} appointment
   * @param {() => Promise<Result>} work begins when all that was asked for before has ended
   * @returns {Promise<Result>}
   */
  take({ id, masterId }, work) {
    const line = String(masterId ?? id);
    const mine = Promise.allSettled([this.last.get(line)]).then(work);
    this.last.set(line, mine);
    return mine.finally(() => {
      if (this.last.get(line) === mine) this.last.delete(line);
    });
  }
}
