/** The texts of the open meeting, and who has been told what: asked for, reported, and shown anew when one came late. */

import { element, notice } from "./element.js";
import { isOver } from "./held_meeting.js";
import { shows } from "./page.js";
import { texts as textWords } from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./api.js").WhichLink} WhichLink */

export class Tellings {
  #api;
  #booking;
  #held;
  #language;
  #steps;
  #ways;

  /** @param {Omit<import("./appointment_pane.js").Desk, "tellings">} desk */
  constructor({ api, booking, held, settings, steps, ways }) {
    this.#api = api;
    this.#booking = booking;
    this.#held = held;
    this.#language = settings.language;
    this.#steps = steps;
    this.#ways = ways;
  }

  /**
   * @param {Audience[]} audiences
   * @param {WhichLink} link
   */
  texts(audiences, link) {
    const { id } = this.#held.meeting;
    return Promise.all(audiences.map((audience) => this.#api.texts(id, audience, this.#language, link)));
  }

  /**
   * @param {WhichLink} link
   * @param {Audience} audience
   * @param {import("./api.js").Told} what
   * @param {import("./api.js").AsOf} asOf
   */
  async report(link, audience, what, asOf) {
    const meeting = await this.#booking.copied(audience, what, link, asOf);
    const isOlder = meeting.revision !== asOf.revision && meeting.told_stale.includes(audience);
    if (isOlder && shows("meeting")) void this.#steps.once(() => this.#showChangedSince());
    return meeting;
  }

  /** What is on the clipboard is old: the meeting was changed elsewhere since its texts were fetched. */
  async #showChangedSince() {
    const trouble = notice("error", element("p", {}, textWords.changedSince));
    const isElsewhere =
      !isOver(this.#held.meeting) && (await this.#held.hasMoved()) && !(await this.#held.isRepeated());
    await this.#ways.meeting({ trouble, isElsewhere });
  }
}
