/**
 * The meeting that the open item holds: how the service told of it last, and how the item stands to it.
 *
 * It is recognised by its id, or by its link where Outlook has lost the id; an item may be a copy, have another time, or
 * bear an old block. Changes nothing at the service but what it knows of the item. Knows nothing of the page.
 */

import { Failure, pause } from "./api.js";
import { codeOf } from "./block.js";
import { Imprint } from "./imprint.js";
import { SignInError } from "./sign_in.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {"empty" | "meeting" | "unfinished" | "gone" | "unlinked" | "copy"} Opening */
/** @typedef {"here" | "elsewhere" | "unknown"} Begun in which item a meeting was begun */
/**
 * How the item stands in a series, and what the user has said of it.
 * @typedef {object} Series
 * @property {"series" | "occurrence"} kind the whole, or one time of it
 * @property {import("./imprint.js").SeriesAnswer | null} answer
 * @property {boolean} isHere whether the item's time is the meeting's
 * @property {boolean} isPast whether the item's time has been
 */

/** How often, and with which pause in milliseconds, the service is asked whether it has looked at the calendar. */
const LOOKS = 6;
const LOOK_PAUSE = 500;

export class HeldMeeting {
  #api;
  #item;
  #imprint;
  /** @type {Meeting | null} */
  #meeting = null;
  /** The meeting of this very item that the user cannot see. @type {string | null} */
  #earlier = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./item.js").AppointmentItem} item
   * @param {Imprint} imprint
   */
  constructor(api, item, imprint) {
    this.#api = api;
    this.#item = item;
    this.#imprint = imprint;
  }

  /** @returns {Meeting} only asked for when there is one */
  get meeting() {
    if (this.#meeting === null) throw new Error("the item has no meeting");
    return this.#meeting;
  }

  /** @returns {boolean} */
  get isKnown() {
    return this.#meeting !== null;
  }

  /** @returns {string | null} the id of a meeting that the item held before, and that the user cannot see */
  get earlier() {
    return this.#earlier;
  }

  // --- Which meeting it is ------------------------------------------------------------------------------------------

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
      if ((await this.#imprint.isCopy()) || (await this.#isOfAnother(this.meeting))) return "copy";
      if (!(await this.isUnproven())) await this.#imprint.noteItem(id);
      return opening;
    }
    if ((await this.#imprint.draft()) !== null) return "unfinished";
    const code = await this.#imprint.code();
    return code === null ? "empty" : this.#adopt(code);
  }

  /** Take the meeting for this item's own: it is the same item, moved to another folder. */
  claim() {
    return this.#imprint.keepId(this.meeting.id);
  }

  /** Forget a meeting that is gone or another's, so that this item can have its own. */
  forget() {
    this.#meeting = null;
  }

  /** Ask the service how the meeting is now. */
  async reload() {
    this.learn((await this.#api.meeting(this.meeting.id)).meeting);
  }

  /** @param {Meeting} meeting as the service answered just now */
  learn(meeting) {
    this.#meeting = meeting;
    this.#imprint.learn(meeting);
  }

  /**
   * @param {string} id
   * @returns {Promise<Opening>}
   */
  async #recognise(id) {
    try {
      this.learn((await this.#api.meeting(id)).meeting);
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
    if (!found || !isAt(found, span) || (await this.#isOfAnother(found))) return "unlinked";
    await this.#imprint.keepId(found.id);
    return this.#recognise(found.id);
  }

  /**
   * A duplicate that Outlook opens in a form of its own bears what the original does, and at first its time, too.
   * @param {Meeting} meeting
   * @returns {Promise<boolean>} whether its item was seen in a calendar, where this one has never been
   */
  async #isOfAnother({ unbound }) {
    return !unbound && !(await this.isSaved());
  }

  /**
   * Say where the meeting was begun whose answer came only now: what the item keeps of it until then is copied with it.
   * @param {string | null} itemId of that item, as Outlook named it; null where it did not
   * @returns {Promise<Begun>} unknown: this item has another time, and was saved only since
   */
  async whereBegun(itemId) {
    if (await this.#isOfAnother(this.meeting)) return "elsewhere";
    const here = [await this.#item.savedId(), await this.#item.rootId()];
    if (here.every((id) => id === null)) return "here";
    if (itemId !== null) return here.includes(itemId) ? "here" : "elsewhere";
    // It was in no calendar then; what has been seen in one since bears the meeting's id, which this one lacks.
    if (!this.meeting.unbound) return "elsewhere";
    return (await this.isUnproven()) ? "unknown" : "here";
  }

  // --- How the item stands to it ------------------------------------------------------------------------------------

  /** @returns {Promise<boolean>} whether the item's time is another than the meeting's */
  async hasMoved() {
    return !isAt(this.meeting, await this.#item.span());
  }

  /** @returns {Promise<boolean>} whether the item is in a calendar at all */
  isSaved() {
    return this.#item.isSaved();
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
   * @returns {Promise<boolean>} whether this may as well be a copy: it has another time than the meeting, and nobody has
   *   noted which item the meeting's is. A series has more times than the meeting's
   */
  async isUnproven() {
    return (await this.#imprint.isUnnoted()) && !(await this.isRepeated()) && (await this.hasMoved());
  }

  /** @returns {Promise<boolean>} whether this may be the copy that the service asks about */
  async isPerhapsAsked() {
    return hasNote(this.meeting, "copy_asked", "copy_unwritable") && (await this.isUnproven());
  }

  /**
   * Let the service, which sees the calendar, bring the meeting to the item's time. The time in this window may be an
   * old one: whoever moved the item elsewhere would see it moved back. A series has more times than the meeting's. Where
   * Outlook will not say which item it is, what the service finds by itself meanwhile must do.
   * @returns {Promise<boolean>} whether both have the same time now
   */
  async agreesByCalendar() {
    // Of an occurrence its own id: it may hold a meeting of its own, and leads the service to the series, too.
    const itemId = await this.#item.savedId();
    if (itemId !== null) await this.#api.look(this.meeting.id, itemId).catch(unlessSignIn);
    for (let look = 0; look < LOOKS && !isSeries(this.meeting) && (await this.hasMoved()); look += 1) {
      await pause(LOOK_PAUSE);
      await this.reload();
    }
    const agrees = !(await this.hasMoved());
    if (agrees) await this.#imprint.noteItem(this.meeting.id);
    return agrees;
  }

  // --- What the item bears of it ------------------------------------------------------------------------------------

  /** @returns {Promise<boolean>} whether the item bears the meeting's block as it should read now */
  async isWritten() {
    const isWritten = await this.#imprint.isCurrent(this.meeting);
    if (isWritten && isBlockOld(this.meeting)) await this.tellOfBlock();
    return isWritten;
  }

  /**
   * Write the meeting into the item.
   * @returns {Promise<Part[]>} the parts that could not be written
   */
  async write() {
    const unwritten = await this.#imprint.write(this.meeting);
    if (!unwritten.includes("block") && isBlockOld(this.meeting)) await this.tellOfBlock();
    return unwritten;
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

  /** Tell the service that the item bears the new link; a failure costs a reminder too many, until the next opening. */
  async tellOfBlock() {
    const { id, revision } = this.meeting;
    const told = await this.#api.blockWritten(id, revision).catch(unlessUnheard);
    if (told) this.learn(told.meeting);
  }
}

/**
 * @param {Meeting} meeting
 * @returns {boolean} whether the meeting has been removed
 */
export function isOver(meeting) {
  return meeting.state === "cancelling" || meeting.state === "cancelled";
}

/**
 * @param {Meeting} meeting
 * @param {import("./item.js").Span} span
 * @returns {boolean} whether that is the meeting's time
 */
export function isAt(meeting, { start, end }) {
  return Date.parse(meeting.start) === start.getTime() && Date.parse(meeting.end) === end.getTime();
}

/**
 * The service has not heard what it was told beside the user's own wish, which holds without it.
 * @param {unknown} error
 */
export function unlessUnheard(error) {
  if (!(error instanceof Failure || error instanceof SignInError)) throw error;
}

/** @param {Meeting} meeting */
function isBlockOld(meeting) {
  return hasNote(meeting, "block_old");
}

/** @param {Meeting} meeting */
function isSeries(meeting) {
  return hasNote(meeting, "series", "series_asked");
}

/**
 * @param {Meeting} meeting
 * @param {...import("./api.js").CalendarNote} codes
 */
function hasNote({ calendar_notes: notes }, ...codes) {
  return notes.some(({ code }) => codes.includes(code));
}

/** An item that only she can see is not seen when she does not sign in for it; nothing else is lost. */
function unlessSignIn(/** @type {unknown} */ error) {
  if (!(error instanceof SignInError)) throw error;
}
