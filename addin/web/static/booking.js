/**
 * The open item and its meeting: booked, changed, followed, written into the item, removed.
 *
 * The service says what the meeting is; the item says when. Only this module writes into the item, and only what
 * belongs to the meeting: the block, the location, an empty subject, and the opaque id in the custom properties.
 * Knows nothing of the page.
 */

import { Failure, pause } from "./api.js";
import { codeOf, codesIn, readsAs, userText, withBlock, withoutBlock } from "./block.js";
import { OutlookError } from "./item.js";
import { ianaZone, withOffset } from "./time_zone.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./api.js").BookingRequest} BookingRequest */
/** @typedef {{type: string, variant: string, unit: string}} Choice */
/** @typedef {"booking" | "waiting" | "writing" | "removing"} Step */
/** @typedef {(step: Step) => void} OnStep */
/** @typedef {"block" | "location" | "subject" | "id"} Part a part of the item that the meeting is written into */
/** @typedef {{unwritten: Part[]}} Written */
/** @typedef {{meeting: Meeting, written: Written}} Outcome */
/** @typedef {"empty" | "meeting" | "unfinished" | "gone" | "unlinked" | "copy"} Opening */
/** @typedef {{key: string, wish: BookingRequest}} Draft a booking whose answer has not come; repeated as it stands */
/** @typedef {{field: "subject" | "location" | "body" | "attendees", text: string}} FieldText */

/** Names of our custom properties; Outlook keeps them apart from every other add-in's. */
const MEETING = "meeting";
const DRAFT = "draft";
/** The item that the meeting was made in, as Outlook names it: a copy of the item has another. */
const ITEM = "item";
const LOCATION_LIMIT = 255;

export class Booking {
  #api;
  #item;
  /** @type {Meeting | null} */
  #meeting = null;
  /** @type {Draft | null} */
  #draft = null;
  /** Blocks this item may bear, newest last; their lines are known as ours. @type {import("./block.js").Block[]} */
  #blocks = [];
  /** @type {Set<string>} */
  #locations = new Set();
  /** @type {Set<string>} */
  #subjects = new Set();

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./item.js").AppointmentItem} item
   */
  constructor(api, item) {
    this.#api = api;
    this.#item = item;
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
    const id = await this.#item.property(MEETING);
    if (id !== null) {
      const opening = await this.#recognise(id);
      return opening === "meeting" && (await this.#isCopy()) ? "copy" : opening;
    }
    const draft = await this.#item.property(DRAFT);
    if (draft !== null) {
      this.#draft = JSON.parse(draft);
      return "unfinished";
    }
    const [code] = codesIn(await this.#item.body());
    return code === undefined ? "empty" : this.#adopt(code);
  }

  /**
   * What the user has written in the item: everything the personal-data check reads, our own words left out.
   * @returns {Promise<FieldText[]>}
   */
  async fields() {
    const subject = await this.#item.subject();
    const location = this.#ownLocation(await this.#item.location());
    const body = userText(await this.#item.body(), this.#blocks);
    const attendees = await this.#item.attendees();
    return [
      { field: "subject", text: subject },
      { field: "location", text: location },
      { field: "body", text: body },
      ...attendees.map((text) => /** @type {FieldText} */ ({ field: "attendees", text })),
    ];
  }

  /** @param {string} subject */
  useSubject(subject) {
    this.#subjects.add(subject);
    return this.#item.setSubject(subject);
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
    if (isOver(this.meeting)) return { meeting: this.meeting, written: { unwritten: [] } };
    onStep("writing");
    return { meeting: this.meeting, written: await this.write() };
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
    const { start, end } = await this.#item.span();
    return (
      start.getTime() !== Date.parse(this.meeting.start) || end.getTime() !== Date.parse(this.meeting.end)
    );
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

  /** Ask the service how the meeting is now. */
  async reload() {
    this.#learn((await this.#api.meeting(this.meeting.id)).meeting);
  }

  /**
   * Tell the service that somebody has been told, so that a later change can remind of them.
   * @param {import("./api.js").Audience} audience
   * @param {"link" | "text"} what
   */
  async copied(audience, what) {
    this.#learn((await this.#api.copied(this.meeting.id, audience, what)).meeting);
  }

  /** @returns {Promise<boolean>} whether the item bears the meeting's block as it should read now */
  async isWritten() {
    const { item_block: block, join_url: link } = this.meeting;
    if (block === null || link === null) return true;
    const body = await this.#item.body();
    const codes = codesIn(body);
    return codes.length === 1 && codes[0] === codeOf(link) && readsAs(body, block);
  }

  /**
   * Write the meeting into the item. A part that cannot be written is named in the answer, and hinders no other.
   * @returns {Promise<Written>}
   */
  async write() {
    const meeting = this.meeting;
    const block = meeting.item_block;
    const id = () => this.#keepId(meeting.id);
    if (block === null) return this.#each({ id });
    return this.#each({
      id,
      block: () => this.#writeBlock(block, meeting.join_url ?? ""),
      location: async () =>
        this.#item.setLocation(this.#withLocation(await this.#item.location(), meeting.location)),
      subject: () => this.#writeSubject(meeting.neutral_subject),
    });
  }

  /**
   * Remove the room, then everything of ours from the item.
   * @param {OnStep} onStep
   * @returns {Promise<{gone: boolean, written: Written}>} `gone` is false while the room is still being removed
   */
  async remove(onStep) {
    onStep("removing");
    const gone = await this.#api.remove(this.meeting.id);
    onStep("writing");
    return { gone, written: await this.clean() };
  }

  /**
   * Take everything of ours out of the item: block, location, id. The user's text stays.
   * @returns {Promise<Written>}
   */
  async clean() {
    const written = await this.#each({
      block: async () => {
        const body = await this.#item.body();
        const content = withoutBlock(body, this.#blocks);
        if (content !== body.content) await this.#item.setBody({ ...body, content });
      },
      location: async () => {
        const location = await this.#item.location();
        const own = this.#ownLocation(location);
        if (own !== location) await this.#item.setLocation(own);
      },
      id: () => this.#item.setProperties({ [MEETING]: null, [DRAFT]: null, [ITEM]: null }),
    });
    if (!written.unwritten.includes("block") && !written.unwritten.includes("id")) this.#meeting = null;
    return written;
  }

  /** Take the meeting for this item's own: it is the same item, moved to another folder. */
  async claim() {
    await this.#keepId(this.meeting.id);
  }

  /** Forget a meeting that is gone or another's, so that this item can have its own. */
  forget() {
    this.#meeting = null;
    this.#draft = null;
  }

  /** @param {Meeting} meeting as the service answered just now */
  #learn(meeting) {
    this.#meeting = meeting;
    const block = meeting.item_block;
    if (block !== null && block.html !== this.#blocks.at(-1)?.html) this.#blocks.push(block);
    if (meeting.location) this.#locations.add(meeting.location);
    this.#subjects.add(meeting.neutral_subject);
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
   * Copying an item copies its properties, and two items must never share a room: the copy's time would move the
   * original's meeting. An item that had no id when it was booked is noted at the first opening.
   * @returns {Promise<boolean>}
   */
  async #isCopy() {
    const here = await this.#item.savedId();
    const noted = await this.#item.property(ITEM);
    if (here !== null && noted === null) await this.#each({ id: () => this.#keepId(this.meeting.id) });
    return here !== null && noted !== null && here !== noted;
  }

  /** @param {string} id */
  async #keepId(id) {
    await this.#item.setProperties({ [MEETING]: id, [ITEM]: await this.#item.savedId(), [DRAFT]: null });
  }

  /**
   * Recognise a meeting by its link where Outlook has lost the id. Only one of the caller's own at the very same
   * time is taken: a link alone may have been copied from another item.
   * @param {string} code
   * @returns {Promise<Opening>}
   */
  async #adopt(code) {
    const { start, end } = await this.#item.span();
    const mine = await this.#api.meetingsBetween(start, end);
    const found = mine.find((meeting) => meeting.join_url !== null && codeOf(meeting.join_url) === code);
    const same =
      found && Date.parse(found.start) === start.getTime() && Date.parse(found.end) === end.getTime();
    if (!found || !same) return "unlinked";
    await this.#keepId(found.id);
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
  async #wish(choice) {
    const holder = await this.#item.holder();
    const itemId = await this.#item.savedId();
    return {
      mailbox: holder.address,
      ...(holder.onBehalfOf === null ? {} : { on_behalf_of: holder.onBehalfOf }),
      ...(itemId === null ? {} : { item_id: itemId }),
      type: choice.type,
      variant: choice.variant,
      unit: choice.unit,
      ...(await this.#window()),
    };
  }

  /** @param {Draft} draft */
  async #keepDraft(draft) {
    this.#draft = draft;
    try {
      await this.#item.setProperties({ [DRAFT]: JSON.stringify(draft) });
    } catch (error) {
      // Kept in this pane at least: only a reload within the next seconds could then make a second, unbound room.
      if (!(error instanceof OutlookError)) throw error;
    }
  }

  /** Repeat a begun booking; when the service had refused it for good it is dropped. */
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
        await this.#item.setProperties({ [DRAFT]: null }).catch(() => undefined); // A leftover is refused again.
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
    // The id first: who leaves the pane now finds the meeting again when the item is opened.
    await this.#each({ id: () => this.#keepId(this.meeting.id) });
    onStep("waiting");
    let seconds = 1;
    while (this.meeting.state === "wanted") {
      await pause(seconds * 1000);
      const answer = await this.#api.meeting(this.meeting.id);
      this.#learn(answer.meeting);
      seconds = answer.retryAfter || 2;
    }
  }

  /**
   * @param {import("./block.js").Block} block
   * @param {string} link
   */
  async #writeBlock(block, link) {
    const body = await this.#item.body();
    const content = withBlock(body, block, this.#blocks);
    await this.#item.setBody({ ...body, content });
    const codes = codesIn(await this.#item.body());
    // Outlook may say that it wrote and keep something else; only what can be read back has been written.
    if (codes.length !== 1 || codes[0] !== codeOf(link)) throw new OutlookError("body.setAsync", "not kept");
  }

  /** @param {string} neutral */
  async #writeSubject(neutral) {
    const subject = await this.#item.subject();
    const ours = subject.trim() === "" || this.#subjects.has(subject);
    if (ours && subject !== neutral) await this.#item.setSubject(neutral);
  }

  /**
   * @param {string} location
   * @param {string} fresh
   */
  #withLocation(location, fresh) {
    const own = this.#ownLocation(location);
    const both = own ? `${own}; ${fresh}` : fresh;
    return both.length > LOCATION_LIMIT ? fresh : both;
  }

  /**
   * The user's own part of the location, as in `Rum 3; <ours>`.
   * @param {string} location
   */
  #ownLocation(location) {
    let own = location;
    for (const ours of this.#locations) own = own.replace(ours, "");
    const parts = own.split(";").map((part) => part.trim());
    return own === location ? own : parts.filter(Boolean).join("; ");
  }

  /**
   * Do each part in turn; name those that Outlook refused.
   * @param {Partial<Record<Part, () => Promise<void>>>} parts
   * @returns {Promise<Written>}
   */
  async #each(parts) {
    /** @type {Part[]} */
    const unwritten = [];
    for (const part of /** @type {Part[]} */ (Object.keys(parts))) {
      try {
        await parts[part]?.();
      } catch (error) {
        if (!(error instanceof OutlookError)) throw error;
        unwritten.push(part);
      }
    }
    return { unwritten };
  }
}

/**
 * @param {Meeting} meeting
 * @param {import("./api.js").Wish} wish
 */
function agrees(meeting, wish) {
  const { start = meeting.start, end = meeting.end, ...rest } = wish;
  const inTime =
    Date.parse(start) === Date.parse(meeting.start) && Date.parse(end) === Date.parse(meeting.end);
  return (
    inTime &&
    Object.entries(rest).every(([name, value]) => meeting[/** @type {keyof Meeting} */ (name)] === value)
  );
}

/**
 * @param {Meeting} meeting
 * @returns {boolean} whether the meeting has been removed
 */
export function isOver(meeting) {
  return meeting.state === "cancelling" || meeting.state === "cancelled";
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
