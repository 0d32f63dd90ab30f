/**
 * How the pane does what it is asked for: one thing at a time, and every failure shown where it belongs, with a way on.
 *
 * What the user asks for goes through `once`, or `on` for a listener; what begins by itself through `unasked`, for which
 * the next thing asked waits; what may fail through `attempt`, which says so. Knows nothing of what is done.
 */

import { Failure } from "./api.js";
import { element, notice } from "./element.js";
import { failureNotice } from "./failure_notice.js";
import { show } from "./page.js";
import { showProgress } from "./progress_view.js";
import { booked, failure, progress, start } from "./words.js";

/** @typedef {import("./booking.js").Outcome} Outcome */
/** @typedef {import("./element.js").Child} Child */
/** @typedef {import("./failure_notice.js").Attempt} Attempt */
/** @typedef {() => Promise<void>} Act */
/**
 * What to show beside a view.
 * @typedef {object} News
 * @property {string} [said] what has just happened
 * @property {import("./imprint.js").Part[]} [unwritten]
 * @property {Child} [trouble]
 * @property {boolean} [focus] false where the pane has just been opened, or shows what nobody asked for
 * @property {boolean} [isElsewhere]
 * @property {string[]} [answered]
 */
/**
 * Where the parts of the pane lead on.
 * @typedef {object} Ways
 * @property {(news?: News) => Promise<void>} form for a new meeting
 * @property {(news?: News) => Promise<void>} meeting
 * @property {() => Promise<void>} back from a question to the meeting, whose time may have been changed meanwhile
 * @property {() => Promise<void>} follow
 * @property {(left: import("./imprint.js").Part[], said: string) => Promise<void>} cleaned
 * @property {() => void} rested nothing is under way any more
 */

/** After these the meeting is seen again, with what failed beside it. @type {Attempt[]} */
const OF_THE_MEETING = ["answer", "change", "follow", "link", "remove"];
/** @type {Attempt[]} */
const SAVING = ["change", "follow", "link"];
/** What is left of them once the service has done its part. @type {Partial<Record<Attempt, Attempt>>} */
const LEFT = { create: "resume", change: "rewrite", follow: "rewrite", link: "newLink" };

export class Steps {
  #ways;
  #busy = false;
  /** What began unasked; what the user asks for waits for it. */
  #unasked = Promise.resolve();

  /** @param {Ways} ways */
  constructor(ways) {
    this.#ways = ways;
  }

  /** @returns {boolean} whether something is under way that the user has asked for */
  get isBusy() {
    return this.#busy;
  }

  /**
   * A listener that starts `act` unless something is under way: a second click while the first one works.
   * @param {Act} act
   */
  on(act) {
    return () => void this.once(act);
  }

  /** @param {Act} act */
  async once(act) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#unasked;
      await this.attempt("other", act); // What has no words of its own for its failure.
    } finally {
      this.#busy = false;
      this.#ways.rested();
    }
  }

  /**
   * @param {Act} act begun by nobody, which shows its own failures
   * @returns {Promise<void>} rejected when it does not: then that is the pane's fault, and hinders nothing after it
   */
  unasked(act) {
    const begun = this.#unasked.then(act);
    this.#unasked = begun.catch(() => undefined);
    return begun;
  }

  /**
   * Do `act`; a failure is shown where it belongs, with a way to try the same again.
   * @param {Attempt} attempt
   * @param {Act} act
   * @param {Act} [again] where the same again would be too little, or lead nowhere since its view is gone
   * @param {() => Attempt} [undone] what of it is not done, when it fails
   */
  async attempt(attempt, act, again = () => this.attempt(attempt, act), undone = () => attempt) {
    try {
      await act();
    } catch (error) {
      await this.#showTrouble(error, attempt, failureNotice(error, undone(), this.on(again)));
    }
  }

  /**
   * Do something with the meeting under a progress view, then show it.
   * @param {Attempt} attempt
   * @param {string} heading
   * @param {(step: import("./booking.js").OnStep) => Promise<Outcome>} act
   * @param {{said?: string, again?: Act}} [after]
   */
  async work(attempt, heading, act, { said = "", again } = {}) {
    const names = SAVING.includes(attempt) ? { booking: progress.saving } : {};
    let undone = attempt;
    const working = async () => {
      // Not set back when it is tried again: what the service has done stays done.
      const show = showProgress(heading, names);
      const { meeting, unwritten } = await act((step) => {
        if (step !== "booking") undone = LEFT[attempt] ?? attempt;
        show(step);
      });
      await this.#ways.meeting({ unwritten, said: meeting.join_url === null ? "" : said });
    };
    const trying = () => this.attempt(attempt, working, again ?? trying, () => undone);
    await trying();
  }

  /**
   * @param {unknown} error
   * @param {Attempt} attempt
   * @param {HTMLElement} trouble
   */
  async #showTrouble(error, attempt, trouble) {
    const changedElsewhere = error instanceof Failure && error.status === 412;
    if (changedElsewhere) {
      await this.#ways.meeting({ trouble: notice("warning", element("p", {}, booked.changedElsewhere)) });
    } else if (attempt === "create" && error instanceof Failure) await this.#ways.form({ trouble });
    else if (OF_THE_MEETING.includes(attempt)) await this.#ways.meeting({ trouble });
    else {
      // The heading says it already.
      trouble.querySelector(".notice-title")?.remove();
      show("message", attempt === "start" ? start.failedTitle : failure.title, [trouble]);
    }
  }
}
