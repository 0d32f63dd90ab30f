/**
 * What the pane must know of a series by itself: where the service does not see the calendar, only the open item and
 * the user's own answer say whose times are whose. Knows nothing of the page.
 */

/** @typedef {import("./held_meeting.js").Series} Series */

export class SeriesOfItem {
  #held;
  #offer;
  #access;

  /**
   * @param {import("./held_meeting.js").HeldMeeting} held
   * @param {import("./offer.js").Offer} offer
   * @param {"none" | "read" | "read_and_write"} access how much of calendars the service sees
   */
  constructor(held, offer, access) {
    this.#held = held;
    this.#offer = offer;
    this.#access = access;
  }

  /**
   * Where the service does not see the calendar: what the user has said of the series, or else its type.
   * @returns {Promise<Series | null>} null for an item that is no series
   */
  async now() {
    if (this.#access !== "none") return null;
    const series = await this.#held.series();
    const type = this.#offer.type(this.#held.meeting.type);
    return series && { ...series, answer: type?.series_rule === "one_link" ? "all" : series.answer };
  }

  /** @returns {Promise<boolean>} whether the meeting takes the item's time unasked: a series has more times than one */
  async leads() {
    if (!(await this.#held.isSaved())) return true;
    if (this.#access !== "none") return !(await this.#held.isRepeated());
    const series = await this.now();
    return series === null || (series.kind === "series" && series.answer !== "all");
  }
}
