/** What can be chosen here: meeting types, the units of the mailbox, and what of them may stand openly in an item. */

/** @typedef {import("./api.js").MeetingType} MeetingType */
/** @typedef {import("./api.js").Unit} Unit */

export class Offer {
  #mailDomains;
  /** @type {MeetingType[]} */
  types = [];
  /** @type {Unit[]} */
  units = [];

  /** @param {string[]} mailDomains the organisation's own */
  constructor(mailDomains) {
    this.#mailDomains = mailDomains;
  }

  /**
   * @param {import("./api.js").Api} api
   * @param {string} mailbox
   */
  async learn(api, mailbox) {
    [this.types, this.units] = await Promise.all([api.meetingTypes(), api.units(mailbox)]);
  }

  /**
   * @param {string} id
   * @returns {MeetingType | undefined} undefined for one that is offered no longer
   */
  type(id) {
    return this.types.find((type) => type.id === id);
  }

  /**
   * @param {string} id
   * @returns {Unit | undefined} undefined for one that is offered no longer
   */
  unit(id) {
    return this.units.find((unit) => unit.id === id);
  }

  /** @returns {import("./personal_data.js").AllowList} */
  get allowed() {
    return { mailDomains: this.#mailDomains, telephoneNumbers: this.units.map((unit) => unit.telephone) };
  }
}
