/**
 * What a meeting leaves in its item: the block, the location, a neutral subject, and opaque ids in the custom
 * properties. Only this module writes into the item, and it takes out nothing that the user has put there.
 *
 * Knows the item and what has been written into it; neither the API nor the page.
 */

import { codeOf, codesIn, readsAs, userText, withBlock, withoutBlock } from "./block.js";
import { OutlookError } from "./item.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./block.js").Block} Block */
/** @typedef {"block" | "location" | "subject" | "id"} Part a part of the item that a meeting is written into */
/** @typedef {{field: "subject" | "location" | "body" | "attendees", text: string}} FieldText */

/** Names of our custom properties; Outlook keeps them apart from every other add-in's. */
const MEETING = "meeting";
const DRAFT = "draft";
/** The installation that the meeting is of, so that the service knows its own items from those of another one. */
const INSTANCE = "instance";
/** The item that the meeting was made in, as Outlook names it: a copy of the item has another. */
const ITEM = "item";
/** What the user has said of the series, where the service does not see the calendar: `all <id>` or `first <id>`. */
const SERIES = "series";
const LOCATION_LIMIT = 255;

/** @typedef {"all" | "first"} SeriesAnswer whether the link is for each occurrence or only for the first */

export class Imprint {
  #item;
  #instance;
  /** Blocks that the item may bear, newest last; their lines are known as ours. @type {Block[]} */
  #blocks = [];
  /** @type {Set<string>} */
  #locations = new Set();
  /** @type {Set<string>} */
  #subjects = new Set();

  /**
   * @param {import("./item.js").AppointmentItem} item
   * @param {string} instance this installation's name
   */
  constructor(item, instance) {
    this.#item = item;
    this.#instance = instance;
  }

  /** @param {Meeting} meeting whose words the item may bear from now on */
  learn({ item_block: block, location, neutral_subject: subject }) {
    if (block !== null && block.html !== this.#blocks.at(-1)?.html) this.#blocks.push(block);
    if (location) this.#locations.add(location);
    this.#subjects.add(subject);
  }

  /** @returns {Promise<string | null>} the id of the item's meeting */
  meetingId() {
    return this.#item.property(MEETING);
  }

  /** @returns {Promise<string | null>} the code of the first join link that begins a block */
  async code() {
    return codesIn(await this.#item.body())[0] ?? null;
  }

  /** @returns {Promise<string | null>} what `keepDraft` kept */
  draft() {
    return this.#item.property(DRAFT);
  }

  /** @param {string | null} draft null removes it */
  keepDraft(draft) {
    return this.#item.setProperties({ [DRAFT]: draft });
  }

  /**
   * Keep the meeting's id, and which item it belongs to. Outlook's refusal is passed on.
   * @param {string} id
   */
  async keepId(id) {
    const item = await this.#item.rootId();
    await this.#item.setProperties({ [MEETING]: id, [INSTANCE]: this.#instance, [ITEM]: item, [DRAFT]: null });
  }

  /**
   * Copying an item copies its properties, and two items must never share a room: the copy's time would move the
   * original's meeting.
   * @returns {Promise<boolean>} whether the meeting was made in another item
   */
  async isCopy() {
    const here = await this.#item.rootId();
    const noted = await this.#item.property(ITEM);
    return here !== null && noted !== null && here !== noted;
  }

  /**
   * @returns {Promise<boolean>} whether nobody knows in which item the meeting was made: it had no id of its own yet, and
   *   was copied or saved since
   */
  async isUnnoted() {
    return (await this.#item.rootId()) !== null && (await this.#item.property(ITEM)) === null;
  }

  /**
   * Take this for the item in which the meeting was made, where nobody knows. What Outlook refuses is left.
   * @param {string} id of its meeting
   */
  async noteItem(id) {
    if (await this.isUnnoted()) await eachPart({ id: () => this.keepId(id) });
  }

  /**
   * @param {string} id of the meeting: an occurrence that got a meeting of its own shows its series' answer, too
   * @returns {Promise<SeriesAnswer | null>}
   */
  async seriesAnswer(id) {
    const kept = await this.#item.property(SERIES);
    return /** @type {SeriesAnswer[]} */ (["all", "first"]).find((answer) => kept === `${answer} ${id}`) ?? null;
  }

  /**
   * @param {string} id of the meeting
   * @param {SeriesAnswer} answer
   */
  keepSeriesAnswer(id, answer) {
    return this.#item.setProperties({ [SERIES]: `${answer} ${id}` });
  }

  /**
   * What the user has written in the item: everything that the personal-data check reads, our own words left out.
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

  /** @param {string} subject a neutral one, which a later change of type may replace */
  useSubject(subject) {
    this.#subjects.add(subject);
    return this.#item.setSubject(subject);
  }

  /**
   * @param {Meeting} meeting
   * @returns {Promise<boolean>} whether the item bears the meeting's block as it should read now
   */
  async isCurrent({ item_block: block, join_url: link }) {
    if (block === null || link === null) return true;
    const body = await this.#item.body();
    const codes = codesIn(body);
    return codes.length === 1 && codes[0] === codeOf(link) && readsAs(body, block);
  }

  /**
   * Write the meeting into the item. A part that Outlook refuses hinders no other.
   * @param {Meeting} meeting
   * @returns {Promise<Part[]>} the parts that could not be written
   */
  write({ id, item_block: block, join_url: link, location, neutral_subject: subject }) {
    const keepId = () => this.keepId(id);
    if (block === null || link === null) return eachPart({ id: keepId });
    return eachPart({
      id: keepId,
      block: () => this.#writeBlock(block, link),
      location: () => this.#writeLocation(location),
      subject: () => this.#writeSubject(subject),
    });
  }

  /**
   * Take everything of ours out of the item.
   * @returns {Promise<Part[]>} the parts that are still there
   */
  clean() {
    return eachPart({
      block: () => this.#takeOutBlock(),
      location: () => this.#writeLocation(""),
      id: () => this.#item.setProperties({ [MEETING]: null, [INSTANCE]: null, [DRAFT]: null, [ITEM]: null, [SERIES]: null }),
    });
  }

  /**
   * @param {Block} block
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

  async #takeOutBlock() {
    const body = await this.#item.body();
    const content = withoutBlock(body, this.#blocks);
    if (content !== body.content) await this.#item.setBody({ ...body, content });
  }

  /** @param {string} neutral */
  async #writeSubject(neutral) {
    const subject = await this.#item.subject();
    const ours = subject.trim() === "" || this.#subjects.has(subject);
    if (ours && subject !== neutral) await this.#item.setSubject(neutral);
  }

  /** @param {string} ours put after the user's own part, as in `Rum 3; <ours>`; empty for none */
  async #writeLocation(ours) {
    const location = await this.#item.location();
    const both = [this.#ownLocation(location), ours].filter(Boolean).join("; ");
    if (both.length > LOCATION_LIMIT) throw new OutlookError("location.setAsync", "too long");
    if (both !== location) await this.#item.setLocation(both);
  }

  /** @param {string} location */
  #ownLocation(location) {
    let own = location;
    for (const ours of this.#locations) own = own.replace(asPart(ours), "");
    return own === location ? own : own.replace(/^[\s;,]+|[\s;,]+$/g, "");
  }
}

/**
 * Find our words only where they are a part by themselves: a longer part that holds them is the user's, or another of ours.
 * @param {string} ours
 */
function asPart(ours) {
  return new RegExp(`(?:^|[;,])\\s*${ours.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*(?=[;,]|$)`);
}

/**
 * Do each part in turn, and name those that Outlook refused.
 * @param {Partial<Record<Part, () => Promise<void>>>} parts
 * @returns {Promise<Part[]>}
 */
async function eachPart(parts) {
  /** @type {Part[]} */
  const refused = [];
  for (const part of /** @type {Part[]} */ (Object.keys(parts))) {
    try {
      await parts[part]?.();
    } catch (error) {
      if (!(error instanceof OutlookError)) throw error;
      refused.push(part);
    }
  }
  return refused;
}
