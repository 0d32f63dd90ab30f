/**
 * What the user does with the meeting of the open item: books, changes, moves and removes it, gives it another link.
 *
 * The service says what the meeting is, the item says when. Every step can be repeated after a failure and comes to the
 * same meeting. Knows nothing of the page.
 */

import { Failure, pause } from "./api.js";
import { Draft } from "./draft.js";
import { HeldMeeting, isAt, isOver, unlessUnheard } from "./held_meeting.js";
import { Imprint } from "./imprint.js";
import { OutlookError } from "./item.js";
import { ianaZone, withOffset } from "./time_zone.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").BookingRequest} BookingRequest */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {{type: string, variant: string, unit: string}} Choice */
/** @typedef {"booking" | "waiting" | "writing" | "removing"} Step */
/** @typedef {(step: Step) => void} OnStep */
/** @typedef {{meeting: Meeting, unwritten: Part[]}} Outcome */

export class Booking {
  #api;
  #item;
  #imprint;
  #draft;
  #held;

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./item.js").AppointmentItem} item
   * @param {string} instance this installation's name
   */
  constructor(api, item, instance) {
    this.#api = api;
    this.#item = item;
    this.#imprint = new Imprint(item, instance);
    this.#draft = new Draft(api, this.#imprint);
    this.#held = new HeldMeeting(api, item, this.#imprint);
  }

  /** @returns {HeldMeeting} the meeting of this item, and how the item stands to it */
  get held() {
    return this.#held;
  }

  /** @returns {string} IANA */
  get zone() {
    return ianaZone(this.#item.timeZone());
  }

  /** What the user has written in the item, for the personal-data check. */
  fields() {
    return this.#imprint.fields();
  }

  /** @param {string} subject */
  useSubject(subject) {
    return this.#imprint.useSubject(subject);
  }

  // --- Booked -------------------------------------------------------------------------------------------------------

  /**
   * Book the meeting and write it into the item. Repeated after a failure it gives the same meeting.
   * @param {Choice} choice
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async create(choice, onStep) {
    onStep("booking");
    const wish = await this.#wish(choice);
    await this.#finishDraft();
    if (!this.#held.isKnown) this.#held.learn(await this.#draft.book(wish));
    // The answer may be an older one: of a draft begun before, or of another tab with the same item.
    const { start, end, time_zone } = wish;
    const now = { ...choice, start, end, time_zone };
    if (!agrees(this.#held.meeting, now)) await this.#change(now);
    return this.finish(onStep);
  }

  /**
   * Learn the meeting of a booking that was begun before the pane was closed, in this item or in one that it was copied
   * from; written into an item by `finish`.
   * @param {OnStep} onStep
   * @returns {Promise<import("./held_meeting.js").Begun | null>} null when the service had refused it, so that there is
   *   nothing to go on with
   */
  async recall(onStep) {
    onStep("booking");
    if (!this.#draft.isBegun) await this.#draft.recall();
    const { itemId } = this.#draft;
    await this.#finishDraft();
    return this.#held.isKnown ? this.#held.whereBegun(itemId) : null;
  }

  /**
   * Wait until the room is made or known to need help, then write the meeting into the item.
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async finish(onStep) {
    await this.#settle(onStep);
    const { meeting } = this.#held;
    if (isOver(meeting)) return { meeting, unwritten: [] };
    onStep("writing");
    const unwritten = await this.#held.write();
    return { meeting: this.#held.meeting, unwritten };
  }

  async #finishDraft() {
    const meeting = await this.#draft.finish();
    if (meeting !== null) this.#held.learn(meeting);
  }

  /**
   * @param {Choice} choice
   * @returns {Promise<BookingRequest>}
   */
  async #wish({ type, variant, unit }) {
    const holder = await this.#item.holder();
    const itemId = await this.#item.savedId();
    const { earlier } = this.#held;
    return {
      mailbox: holder.address,
      ...(holder.onBehalfOf === null ? {} : { on_behalf_of: holder.onBehalfOf }),
      ...(itemId === null ? {} : { item_id: itemId }),
      ...(earlier === null ? {} : { earlier_meeting: earlier }),
      ...{ type, variant, unit },
      ...(await this.#window()),
    };
  }

  /** @returns {Promise<Pick<BookingRequest, "start" | "end" | "time_zone">>} */
  async #window() {
    const { start, end } = await this.#item.span();
    const zone = this.zone;
    return { start: withOffset(start, zone), end: withOffset(end, zone), time_zone: zone };
  }

  /** @param {OnStep} onStep */
  async #settle(onStep) {
    const held = this.#held;
    if (held.meeting.state !== "wanted") return;
    // The id first: who leaves the pane now finds the meeting again when the item is opened. If Outlook refuses, it
    // is written, and told, when the room is there.
    await this.#imprint.keepId(held.meeting.id).catch(unlessOutlook);
    onStep("waiting");
    let seconds = 1;
    while (held.meeting.state === "wanted") {
      await pause(seconds * 1000);
      const answer = await this.#api.meeting(held.meeting.id);
      held.learn(answer.meeting);
      seconds = answer.retryAfter || 2;
    }
  }

  // --- Changed ------------------------------------------------------------------------------------------------------

  /**
   * Change type, variant or unit: same meeting, same link.
   * @param {Choice} choice
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async change(choice, onStep) {
    onStep("booking");
    // A meeting that has begun can change its type; its time is only sent when it is another.
    await this.#change((await this.#held.hasMoved()) ? { ...choice, ...(await this.#window()) } : choice);
    return this.finish(onStep);
  }

  /**
   * Give the meeting the item's time: the calendar is right about when.
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async follow(onStep) {
    onStep("booking");
    try {
      await this.#change(await this.#window());
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.#change(await this.#window()); // Changed elsewhere meanwhile; the time of the item still holds.
    }
    return this.finish(onStep);
  }

  /** @param {import("./api.js").CopyAnswer} copies */
  async answerCopies(copies) {
    await this.#api.answerCopies(this.#held.meeting.id, copies);
    await this.#held.reload();
  }

  /** @param {boolean} oneLink */
  async answerSeries(oneLink) {
    await this.#api.answerSeries(this.#held.meeting.id, oneLink);
    await this.#held.reload();
  }

  /**
   * Tell the service that somebody has been told, so that a later change can remind of them.
   * @param {import("./api.js").Audience} audience
   * @param {import("./api.js").Told} what
   * @param {import("./api.js").WhichLink} link
   * @param {import("./api.js").AsOf} asOf how the meeting was of which they have been told
   * @returns {Promise<Meeting>}
   */
  async copied(audience, what, link, asOf) {
    const { id } = this.#held.meeting;
    const { meeting } = await this.#api.copied(id, audience, what, link, asOf);
    // It is told beside everything else: the meeting may have been changed since, or removed, and the item have another.
    const known = this.#held.isKnown ? this.#held.meeting : null;
    if (known !== null && known.id === id && known.revision <= meeting.revision) this.#held.learn(meeting);
    return meeting;
  }

  /** @param {import("./api.js").Wish} wish */
  async #change(wish) {
    const { id, revision } = this.#held.meeting;
    await this.#haveChanged(
      () => this.#api.change(id, revision, wish),
      (meeting) => agrees(meeting, wish),
    );
  }

  /**
   * Have the meeting changed as it was last seen. One that is another by now may be so because the first answer was lost
   * on the way: then nothing is left to do.
   * @param {() => Promise<{meeting: Meeting}>} changing
   * @param {(meeting: Meeting) => boolean} isAsWished
   */
  async #haveChanged(changing, isAsWished) {
    try {
      this.#held.learn((await changing()).meeting);
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.#held.reload();
      if (!isAsWished(this.#held.meeting)) throw error;
    }
  }

  // --- Its link -----------------------------------------------------------------------------------------------------

  /**
   * Give the meeting another link and room. At once, the item's block is written anew; else it keeps the old link.
   * @param {import("./api.js").LinkBegins} begins
   * @param {string} old the link that is to be exchanged; one that is exchanged already is not exchanged again
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async changeLink(begins, old, onStep) {
    onStep("booking");
    if (this.#held.meeting.join_url === old) await this.#exchange(begins, old);
    if (begins === "next") return { meeting: this.#held.meeting, unwritten: [] };
    const outcome = await this.finish(onStep);
    if (!outcome.unwritten.includes("block")) await this.#held.tellOfBlock();
    return outcome;
  }

  /** Keep the link after all; one that has been exchanged meanwhile cannot be kept, and the meeting is shown as it is. */
  async keepLink() {
    const { id, revision, join_url: old } = this.#held.meeting;
    await this.#haveChanged(
      () => this.#api.keepLink(id, revision),
      ({ link_change: change, join_url: link }) => change.coming === null && link === old,
    );
  }

  /**
   * @param {import("./api.js").LinkBegins} begins
   * @param {string} old
   */
  async #exchange(begins, old) {
    const { id, revision } = this.#held.meeting;
    await this.#haveChanged(
      () => this.#api.changeLink(id, revision, begins),
      ({ link_change: change, join_url: link }) => (begins === "now" ? link !== old : change.coming !== null),
    );
  }

  // --- Removed ------------------------------------------------------------------------------------------------------

  /**
   * Remove the room, then everything of ours from the item.
   * @param {OnStep} onStep
   * @param {import("./api.js").Audience[]} [told] those who have got the text that says so
   * @returns {Promise<{gone: boolean, left: Part[]}>} `gone` is false while the room is still being removed; `left`
   *   are the parts that could not be taken out of the item
   */
  async remove(onStep, told = []) {
    onStep("removing");
    const { id } = this.#held.meeting;
    const gone = await this.#api.remove(id);
    // The meeting is gone whatever becomes of this; what a failure costs is a reminder too many.
    await Promise.all(told.map((audience) => this.#api.copied(id, audience, "informed", "current"))).catch(unlessUnheard);
    onStep("writing");
    return { gone, left: await this.#held.clean() };
  }

  /** Forget a meeting that is gone or another's, and one that was begun, so that this item can have its own. */
  forget() {
    this.#held.forget();
    this.#draft.forget();
  }
}

/**
 * @param {Meeting} meeting
 * @param {import("./api.js").Wish} wish
 */
function agrees(meeting, wish) {
  const { start = meeting.start, end = meeting.end, ...rest } = wish;
  const given = Object.entries(rest);
  const same = given.every(([name, value]) => meeting[/** @type {keyof Meeting} */ (name)] === value);
  return same && isAt(meeting, { start: new Date(start), end: new Date(end) });
}

/** @param {unknown} error */
function isStale(error) {
  return error instanceof Failure && error.status === 412;
}

/** @param {unknown} error */
function unlessOutlook(error) {
  if (!(error instanceof OutlookError)) throw error;
}
