/**
 * A booking whose answer has not come: kept in the item until it has, and repeated as it stands.
 *
 * So a lost answer, a closed pane and a second click all come to the same meeting. Knows nothing of the page.
 */

import { Failure } from "./api.js";
import { OutlookError } from "./item.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").BookingRequest} BookingRequest */

export class Draft {
  #api;
  #imprint;
  /** @type {{key: string, wish: BookingRequest} | null} */
  #begun = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./imprint.js").Imprint} imprint
   */
  constructor(api, imprint) {
    this.#api = api;
    this.#imprint = imprint;
  }

  /** @returns {boolean} whether a booking is begun, as far as this pane knows */
  get isBegun() {
    return this.#begun !== null;
  }

  /** @returns {string | null} the item that it was begun in, as Outlook named it; null where it did not, as of one never saved */
  get itemId() {
    return this.#begun?.wish.item_id ?? null;
  }

  /** Learn of a booking that was begun in this item before the pane was opened. */
  async recall() {
    const kept = await this.#imprint.draft();
    if (kept !== null) this.#begun = JSON.parse(kept);
  }

  /** Forget it here; what the item keeps of it goes with the meeting's id. */
  forget() {
    this.#begun = null;
  }

  /**
   * Begin a booking.
   * @param {BookingRequest} wish
   * @returns {Promise<Meeting>}
   */
  async book(wish) {
    this.#begun = { key: crypto.randomUUID(), wish };
    try {
      await this.#imprint.keepDraft(JSON.stringify(this.#begun));
    } catch (error) {
      // Kept in this pane at least: only a reload within the next seconds could then make a second, unbound room.
      if (!(error instanceof OutlookError)) throw error;
    }
    return this.#repeat(this.#begun);
  }

  /**
   * Repeat a booking that is begun.
   * @returns {Promise<Meeting | null>} null when there is none, or the service has refused it for good and it is dropped
   */
  async finish() {
    if (this.#begun === null) return null;
    try {
      return await this.#repeat(this.#begun);
    } catch (error) {
      if (this.#begun !== null) throw error;
      return null;
    }
  }

  /** @param {{key: string, wish: BookingRequest}} begun */
  async #repeat({ key, wish }) {
    try {
      const { meeting } = await this.#api.book(wish, key);
      this.#begun = null;
      return meeting;
    } catch (error) {
      if (isRefusal(error)) {
        this.#begun = null;
        await this.#imprint.keepDraft(null).catch(() => undefined); // A leftover is refused again, and dropped then.
      }
      throw error;
    }
  }
}

/**
 * The service has understood the request and will not have it; repeating it is in vain.
 * @param {unknown} error
 */
function isRefusal(error) {
  return error instanceof Failure && [400, 404, 409, 413, 422].includes(error.status);
}
