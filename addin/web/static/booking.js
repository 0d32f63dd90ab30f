/**
 * The meeting of the open item: booked, changed, followed, removed.
 *
 * The service says what the meeting is, the item says when; what the item bears of it is `imprint.js`'s. Every step
 * can be repeated after a failure and comes to the same meeting. Knows nothing of the page.
 */

import { Failure, pause } from "./api.js";
import { codeOf } from "./block.js";
import { Imprint } from "./imprint.js";
import { OutlookError } from "./item.js";
import { SignInError } from "./sign_in.js";
import { ianaZone, withOffset } from "./time_zone.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").BookingRequest} BookingRequest */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {{type: string, variant: string, unit: string}} Choice */
/** @typedef {"booking" | "waiting" | "writing" | "removing"} Step */
/** @typedef {(step: Step) => void} OnStep */
/** @typedef {{meeting: Meeting, unwritten: Part[]}} Outcome */
/** @typedef {"empty" | "meeting" | "unfinished" | "gone" | "unlinked" | "copy"} Opening */
/**
 * How the item stands in a series, and what the user has said of it.
 * @typedef {object} Series
 * @property {"series" | "occurrence"} kind the whole, or one time of it
 * @property {import("./imprint.js").SeriesAnswer | null} answer
 * @property {boolean} isHere whether the item's time is the meeting's
 * @property {boolean} isPast whether the item's time has been
 */
/** @typedef {{key: string, wish: BookingRequest}} Draft a booking whose answer has not come; repeated as it stands */

/** How often, and with which pause in milliseconds, the service is asked whether it has looked at the calendar. */
const LOOKS = 6;
const LOOK_PAUSE = 500;

export class Booking {
  #api;
  #item;
  #imprint;
  /** @type {Meeting | null} */
  #meeting = null;
  /** @type {Draft | null} */
  #draft = null;
  /** The meeting of this very item that the user cannot see. @type {string | null} */
  #earlier = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./item.js").AppointmentItem} item
   * @param {string} instance this installation's name
   */
  constructor(api, item, instance) {
    this.#api = api;
    this.#item = item;
    this.#imprint = new Imprint(item, instance);
  }

  /** @returns {Meeting} the meeting of this item; only asked for when there is one */
  get meeting() {
    if (this.#meeting === null) throw new Error("the item has no meeting");
    return this.#meeting;
  }

  /** @returns {string} IANA */
  get zone() {
    return ianaZone(this.#item.timeZone());
  }

  /**
   * Say what the item holds, and learn its meeting.
   * @returns {Promise<Opening>}
   */
  async open() {
    const id = await this.#imprint.meetingId();
    if (id !== null) {
      const opening = await this.#recognise(id);
      this.#earlier = opening === "gone" && !(await this.#imprint.isCopy()) ? id : null;
      if (opening !== "meeting") return opening;
      if (await this.#imprint.isCopy()) return "copy";
      if (!(await this.isUnproven())) await this.#imprint.noteItem(id);
      return opening;
    }
    const draft = await this.#imprint.draft();
    if (draft !== null) {
      this.#draft = JSON.parse(draft);
      return "unfinished";
    }
    const code = await this.#imprint.code();
    return code === null ? "empty" : this.#adopt(code);
  }

  /** What the user has written in the item, for the personal-data check. */
  fields() {
    return this.#imprint.fields();
  }

  /** @param {string} subject */
  useSubject(subject) {
    return this.#imprint.useSubject(subject);
  }

  /**
   * Book the meeting and write it into the item. Repeated after a failure it gives the same meeting.
   * @param {Choice} choice
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async create(choice, onStep) {
    onStep("booking");
    const wish = await this.#wish(choice);
    if (this.#draft !== null) await this.#finishDraft();
    if (this.#meeting === null) {
      await this.#keepDraft({ key: crypto.randomUUID(), wish });
      await this.#bookDraft();
    }
    // The answer may be an older one: of a draft begun before, or of another tab with the same item.
    const { start, end, time_zone } = wish;
    const now = { ...choice, start, end, time_zone };
    if (!agrees(this.meeting, now)) await this.#change(now);
    return this.finish(onStep);
  }

  /**
   * Go on with a booking that was begun in this item before the pane was closed.
   * @param {OnStep} onStep
   * @returns {Promise<Outcome | null>} null when the service had refused it, so that there is nothing to go on with
   */
  async resume(onStep) {
    onStep("booking");
    await this.#finishDraft();
    return this.#meeting === null ? null : this.finish(onStep);
  }

  /**
   * Wait until the room is made or known to need help, then write the meeting into the item.
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async finish(onStep) {
    await this.#settle(onStep);
    if (isOver(this.meeting)) return { meeting: this.meeting, unwritten: [] };
    onStep("writing");
    return { meeting: this.meeting, unwritten: await this.write() };
  }

  /**
   * Change type, variant or unit: same meeting, same link.
   * @param {Choice} choice
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async change(choice, onStep) {
    onStep("booking");
    // A meeting that has begun can change its type; its time is only sent when it is another.
    await this.#change((await this.hasMoved()) ? { ...choice, ...(await this.#window()) } : choice);
    return this.finish(onStep);
  }

  /** @returns {Promise<boolean>} whether the item's time is another than the meeting's */
  async hasMoved() {
    return !isAt(this.meeting, await this.#item.span());
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

  /** @returns {Promise<boolean>} whether the item is in a calendar at all */
  async isSaved() {
    return (await this.#item.savedId()) !== null;
  }

  /** @returns {Promise<boolean>} whether the item is a series or one time of it */
  async isRepeated() {
    return (await this.#item.repetition()) !== "single";
  }

  /** @returns {Promise<Series | null>} null for an item that is no series */
  async series() {
    const kind = await this.#item.repetition();
    if (kind === "single") return null;
    const { end } = await this.#item.span();
    const answer = await this.#imprint.seriesAnswer(this.meeting.id);
    return { kind, answer, isHere: !(await this.hasMoved()), isPast: end.getTime() <= Date.now() };
  }

  /** @param {boolean} oneLink */
  keepSeriesAnswer(oneLink) {
    return this.#imprint.keepSeriesAnswer(this.meeting.id, oneLink ? "all" : "first");
  }

  /**
   * Let the service, which sees the calendar, bring the meeting to the item's time. The time in this window may be an
   * old one: whoever moved the item elsewhere would see it moved back. A series has more times than the meeting's.
   * @returns {Promise<boolean>} whether both have the same time now
   */
  async agreesByCalendar() {
    // Of an occurrence its own id: it may hold a meeting of its own, and leads the service to the series, too.
    const itemId = await this.#item.savedId();
    if (itemId === null) throw new Error("an item that was never saved is in no calendar");
    await this.#api.look(this.meeting.id, itemId).catch(unlessSignIn);
    for (let look = 0; look < LOOKS && !isSeries(this.meeting) && (await this.hasMoved()); look += 1) {
      await pause(LOOK_PAUSE);
      await this.reload();
    }
    const agrees = !(await this.hasMoved());
    if (agrees) await this.#imprint.noteItem(this.meeting.id);
    return agrees;
  }

  /** @param {import("./api.js").CopyAnswer} copies */
  async answerCopies(copies) {
    await this.#api.answerCopies(this.meeting.id, copies);
    await this.reload();
  }

  /** @param {boolean} oneLink */
  async answerSeries(oneLink) {
    await this.#api.answerSeries(this.meeting.id, oneLink);
    await this.reload();
  }

  /**
   * Give the meeting another link and room. At once, the item's block is written anew; else it keeps the old link.
   * @param {import("./api.js").LinkBegins} begins
   * @param {string} old the link that is to be exchanged; one that is exchanged already is not exchanged again
   * @param {OnStep} onStep
   * @returns {Promise<Outcome>}
   */
  async changeLink(begins, old, onStep) {
    onStep("booking");
    if (this.meeting.join_url === old) await this.#exchange(begins, old);
    if (begins === "next") return { meeting: this.meeting, unwritten: [] };
    const outcome = await this.finish(onStep);
    if (!outcome.unwritten.includes("block")) await this.#tellOfBlock();
    return outcome;
  }

  /**
   * @param {import("./api.js").LinkBegins} begins
   * @param {string} old
   */
  async #exchange(begins, old) {
    const { id, revision } = this.meeting;
    try {
      this.#learn((await this.#api.changeLink(id, revision, begins)).meeting);
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.reload();
      // The first answer may have been lost on the way: then it is as wished already.
      const isDone = begins === "now" ? this.meeting.join_url !== old : this.meeting.link_change.coming !== null;
      if (!isDone) throw error;
    }
  }

  /** Keep the link after all; one that has been exchanged meanwhile cannot be kept, and the meeting is shown as it is. */
  async keepLink() {
    const { id, revision, join_url: old } = this.meeting;
    try {
      this.#learn((await this.#api.keepLink(id, revision)).meeting);
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.reload();
      if (this.meeting.link_change.coming !== null || this.meeting.join_url !== old) throw error;
    }
  }

  /** Ask the service how the meeting is now. */
  async reload() {
    this.#learn((await this.#api.meeting(this.meeting.id)).meeting);
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
    const { id } = this.meeting;
    const { meeting } = await this.#api.copied(id, audience, what, link, asOf);
    // It is told beside everything else: the meeting may have been changed since, or removed, and the item have another.
    const known = this.#meeting;
    if (known !== null && known.id === id && known.revision <= meeting.revision) this.#learn(meeting);
    return meeting;
  }

  /** @returns {Promise<boolean>} whether the item bears the meeting's block as it should read now */
  async isWritten() {
    const isWritten = await this.#imprint.isCurrent(this.meeting);
    if (isWritten && isBlockOld(this.meeting)) await this.#tellOfBlock();
    return isWritten;
  }

  /**
   * Write the meeting into the item.
   * @returns {Promise<Part[]>} the parts that could not be written
   */
  async write() {
    const unwritten = await this.#imprint.write(this.meeting);
    if (!unwritten.includes("block") && isBlockOld(this.meeting)) await this.#tellOfBlock();
    return unwritten;
  }

  /**
   * Remove the room, then everything of ours from the item.
   * @param {OnStep} onStep
   * @param {import("./api.js").Audience[]} [told] those who have got the text that says so
   * @returns {Promise<{gone: boolean, left: Part[]}>} `gone` is false while the room is still being removed; `left`
   *   are the parts that could not be taken out of the item
   */
  async remove(onStep, told = []) {
    onStep("removing");
    const { id } = this.meeting;
    const gone = await this.#api.remove(id);
    // The meeting is gone whatever becomes of this; what a failure costs is a reminder too many.
    await Promise.all(told.map((audience) => this.#api.copied(id, audience, "informed", "current"))).catch(unlessUnheard);
    onStep("writing");
    return { gone, left: await this.clean() };
  }

  /**
   * Take everything of ours out of the item; the user's text stays.
   * @returns {Promise<Part[]>} the parts that are still there
   */
  async clean() {
    const left = await this.#imprint.clean();
    if (!left.includes("block") && !left.includes("id")) this.forget();
    return left;
  }

  /** Take the meeting for this item's own: it is the same item, moved to another folder. */
  claim() {
    return this.#imprint.keepId(this.meeting.id);
  }

  /**
   * @returns {Promise<boolean>} whether this may as well be a copy: it has another time than the meeting, and nobody has
   *   noted which item the meeting's is. A series has more times than the meeting's
   */
  async isUnproven() {
    return (await this.#imprint.isUnnoted()) && !(await this.isRepeated()) && (await this.hasMoved());
  }

  /** @returns {Promise<boolean>} whether this may be the copy that the service asks about */
  async isPerhapsAsked() {
    const asks = this.meeting.calendar_notes.some(({ code }) => code === "copy_asked" || code === "copy_unwritable");
    return asks && (await this.isUnproven());
  }

  /** Forget a meeting that is gone or another's, so that this item can have its own. */
  forget() {
    this.#meeting = null;
    this.#draft = null;
  }

  /** Tell the service that the item bears the new link; a failure costs a reminder too many, until the next opening. */
  async #tellOfBlock() {
    const { id, revision } = this.meeting;
    const told = await this.#api.blockWritten(id, revision).catch(unlessUnheard);
    if (told) this.#learn(told.meeting);
  }

  /** @param {Meeting} meeting as the service answered just now */
  #learn(meeting) {
    this.#meeting = meeting;
    this.#imprint.learn(meeting);
  }

  /**
   * @param {string} id
   * @returns {Promise<Opening>}
   */
  async #recognise(id) {
    try {
      this.#learn((await this.#api.meeting(id)).meeting);
      return "meeting";
    } catch (error) {
      if (error instanceof Failure && error.status === 404) return "gone";
      throw error;
    }
  }

  /**
   * Recognise a meeting by its link where Outlook has lost the id. Only one of the caller's own at the very same
   * time is taken: a link alone may have been copied from another item.
   * @param {string} code
   * @returns {Promise<Opening>}
   */
  async #adopt(code) {
    const span = await this.#item.span();
    const mine = await this.#api.meetingsBetween(span.start, span.end);
    const found = mine.find((meeting) => meeting.join_url !== null && codeOf(meeting.join_url) === code);
    if (!found || !isAt(found, span)) return "unlinked";
    await this.#imprint.keepId(found.id);
    return this.#recognise(found.id);
  }

  /** @returns {Promise<Pick<BookingRequest, "start" | "end" | "time_zone">>} */
  async #window() {
    const { start, end } = await this.#item.span();
    const zone = this.zone;
    return { start: withOffset(start, zone), end: withOffset(end, zone), time_zone: zone };
  }

  /**
   * @param {Choice} choice
   * @returns {Promise<BookingRequest>}
   */
  async #wish({ type, variant, unit }) {
    const holder = await this.#item.holder();
    const itemId = await this.#item.savedId();
    return {
      mailbox: holder.address,
      ...(holder.onBehalfOf === null ? {} : { on_behalf_of: holder.onBehalfOf }),
      ...(itemId === null ? {} : { item_id: itemId }),
      ...(this.#earlier === null ? {} : { earlier_meeting: this.#earlier }),
      ...{ type, variant, unit },
      ...(await this.#window()),
    };
  }

  /** @param {Draft} draft */
  async #keepDraft(draft) {
    this.#draft = draft;
    try {
      await this.#imprint.keepDraft(JSON.stringify(draft));
    } catch (error) {
      // Kept in this pane at least: only a reload within the next seconds could then make a second, unbound room.
      if (!(error instanceof OutlookError)) throw error;
    }
  }

  /** Repeat a begun booking; when the service has refused it for good it is dropped. */
  async #finishDraft() {
    try {
      await this.#bookDraft();
    } catch (error) {
      if (this.#draft !== null) throw error;
    }
  }

  async #bookDraft() {
    const draft = /** @type {Draft} */ (this.#draft);
    try {
      this.#learn((await this.#api.book(draft.wish, draft.key)).meeting);
    } catch (error) {
      if (isRefusal(error)) {
        this.#draft = null;
        await this.#imprint.keepDraft(null).catch(() => undefined); // A leftover is refused again, and dropped then.
      }
      throw error;
    }
    this.#draft = null;
  }

  /** @param {import("./api.js").Wish} wish */
  async #change(wish) {
    const { id, revision } = this.meeting;
    try {
      this.#learn((await this.#api.change(id, revision, wish)).meeting);
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.reload();
      // The first answer may have been lost on the way: then the meeting is already as wished.
      if (!agrees(this.meeting, wish)) throw error;
    }
  }

  /** @param {OnStep} onStep */
  async #settle(onStep) {
    if (this.meeting.state !== "wanted") return;
    // The id first: who leaves the pane now finds the meeting again when the item is opened. If Outlook refuses, it
    // is written, and told, when the room is there.
    await this.#imprint.keepId(this.meeting.id).catch(unlessOutlook);
    onStep("waiting");
    let seconds = 1;
    while (this.meeting.state === "wanted") {
      await pause(seconds * 1000);
      const answer = await this.#api.meeting(this.meeting.id);
      this.#learn(answer.meeting);
      seconds = answer.retryAfter || 2;
    }
  }
}

/**
 * @param {Meeting} meeting
 * @returns {boolean} whether the meeting has been removed
 */
export function isOver(meeting) {
  return meeting.state === "cancelling" || meeting.state === "cancelled";
}

/** @param {Meeting} meeting */
function isBlockOld({ calendar_notes: notes }) {
  return notes.some(({ code }) => code === "block_old");
}

/** @param {Meeting} meeting */
function isSeries({ calendar_notes: notes }) {
  return notes.some(({ code }) => code === "series" || code === "series_asked");
}

/**
 * @param {Meeting} meeting
 * @param {import("./item.js").Span} span
 */
function isAt(meeting, { start, end }) {
  return Date.parse(meeting.start) === start.getTime() && Date.parse(meeting.end) === end.getTime();
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

/**
 * The service has understood the request and will not have it; repeating it is in vain.
 * @param {unknown} error
 */
function isRefusal(error) {
  return error instanceof Failure && [400, 404, 409, 413, 422].includes(error.status);
}

/** @param {unknown} error */
function isStale(error) {
  return error instanceof Failure && error.status === 412;
}

/**
 * The service has not heard what it was told beside the user's own wish, which holds without it.
 * @param {unknown} error
 */
function unlessUnheard(error) {
  if (!(error instanceof Failure || error instanceof SignInError)) throw error;
}

/** An item that only she can see is not seen when she does not sign in for it; nothing else is lost. */
function unlessSignIn(/** @type {unknown} */ error) {
  if (!(error instanceof SignInError)) throw error;
}

/** @param {unknown} error */
function unlessOutlook(error) {
  if (!(error instanceof OutlookError)) throw error;
}
