/** The way out of a meeting: the question, the texts for those who were told, the removal, and what is left of it. */

import { Failure } from "./api.js";
import { button, element, notice } from "./element.js";
import { show } from "./page.js";
import { showProgress } from "./progress_view.js";
import { askBeforeRemoval } from "./removal_view.js";
import { toldAudiences } from "./texts.js";
import { booked, progress, removal, written } from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */

export class Removing {
  #booking;
  #held;
  #offer;
  #steps;
  #ways;
  #tellings;
  /** Those whose *inställt* text was copied before the meeting was removed. @type {Set<Audience>} */
  #toldOfRemoval = new Set();

  /** @param {import("./appointment_pane.js").Desk} desk */
  constructor({ booking, held, offer, steps, ways, tellings }) {
    this.#booking = booking;
    this.#held = held;
    this.#offer = offer;
    this.#steps = steps;
    this.#ways = ways;
    this.#tellings = tellings;
  }

  async ask() {
    await this.#steps.attempt("remove", async () => {
      await this.#held.reload();
      this.#toldOfRemoval.clear();
      const told = toldAudiences(this.#held.meeting);
      askBeforeRemoval({
        told,
        texts: await this.#textsFor(told),
        report: async (audience, what, asOf) => {
          this.#toldOfRemoval.add(audience);
          return this.#tellings.report("current", audience, what, asOf);
        },
        onRemove: this.#steps.on(() => this.#remove()),
        onKeep: this.#steps.on(() => this.#ways.back()),
      });
    });
  }

  /**
   * Their texts, which nobody must wait for to remove a meeting. Some may have been told before the meeting got a type
   * that has none for them.
   * @param {Audience[]} told
   * @returns {Promise<import("./api.js").Texts[] | null>} null when they cannot be had
   */
  async #textsFor(told) {
    const served = this.#offer.type(this.#held.meeting.type)?.audiences ?? [];
    try {
      return await this.#tellings.texts(
        told.filter((audience) => served.includes(audience)),
        "current",
      );
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  }

  async #remove() {
    await this.#steps.attempt("remove", async () => {
      const { gone, left } = await this.#booking.remove(showProgress(progress.removing), [...this.#toldOfRemoval]);
      await this.#ways.cleaned(left, gone ? removal.done : removal.pending);
    });
  }

  /** Take out of the item what is left of a meeting that has been removed. */
  async clean() {
    await this.#steps.attempt("clean", async () => {
      await this.#ways.cleaned(await this.#held.clean(), removal.done);
    });
  }

  /**
   * What Outlook would not let go of, with the way to try again.
   * @param {import("./imprint.js").Part[]} left at least one
   */
  showLeft(left) {
    const parts = left.map((part) => element("p", { "data-unwritten": part }, written.cleanPart[part]));
    const again = button(
      written.retry,
      "clean",
      this.#steps.on(() => this.clean()),
    );
    show("message", booked.titleOver, [
      notice("error", element("p", {}, written.cleanFailed), ...parts, again),
    ]);
  }
}
