/**
 * The open appointment, as promises over Office.js, one call at a time.
 *
 * Outlook on the web, new Outlook and the phones allow three calls at once and fail the fourth, so every call waits
 * for the one before it. `saveAsync` of the item is never called: for an appointment it would save a real calendar
 * entry. Knows nothing of meetings, the API or the page.
 */

/** @typedef {import("./block.js").Body} Body */
/** @typedef {{start: Date, end: Date}} Span */
/** @typedef {{address: string, onBehalfOf: string | null}} Holder the mailbox that holds the item */
/** @typedef {"single" | "series" | "occurrence"} Repetition */

const DEADLINE = 20_000;
/** Office's name of what it answers to whoever asks for the id of an item that was never saved. */
const NOT_SAVED = "ItemNotSaved";

/** Outlook refused a call or never answered it; `call` names the member, e.g. `body.setAsync`. */
export class OutlookError extends Error {
  /**
   * @param {string} call
   * @param {string} reason Office's own name of the error, or "timeout"
   */
  constructor(call, reason) {
    super(`${call}: ${reason}`);
    this.name = "OutlookError";
    this.call = call;
    this.reason = reason;
  }
}

export class AppointmentItem {
  #item;
  #mailbox;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {Office.Mailbox} mailbox with an appointment open for writing as its item */
  constructor(mailbox) {
    this.#mailbox = mailbox;
    this.#item = /** @type {Office.AppointmentCompose} */ (/** @type {unknown} */ (mailbox.item));
  }

  /** @returns {Promise<string>} */
  subject() {
    return this.#call("subject.getAsync", (done) => this.#item.subject.getAsync(done));
  }

  /** @param {string} text */
  setSubject(text) {
    return this.#call("subject.setAsync", (done) => this.#item.subject.setAsync(text, done));
  }

  /** @returns {Promise<string>} */
  location() {
    return this.#call("location.getAsync", (done) => this.#item.location.getAsync(done));
  }

  /** @param {string} text */
  setLocation(text) {
    return this.#call("location.setAsync", (done) => this.#item.location.setAsync(text, done));
  }

  /** @returns {Promise<Span>} */
  async span() {
    const start = await this.#call("start.getAsync", (done) => this.#item.start.getAsync(done));
    const end = await this.#call("end.getAsync", (done) => this.#item.end.getAsync(done));
    return { start, end };
  }

  /** @returns {Promise<Body>} */
  async body() {
    const type = await this.#call("body.getTypeAsync", (done) => this.#item.body.getTypeAsync(done));
    const format = type === Office.CoercionType.Html ? "html" : "text";
    const content = await this.#call("body.getAsync", (done) => this.#item.body.getAsync(type, done));
    return { format, content };
  }

  /** @param {Body} body */
  setBody({ format, content }) {
    const coercionType = format === "html" ? Office.CoercionType.Html : Office.CoercionType.Text;
    return this.#call("body.setAsync", (done) => this.#item.body.setAsync(content, { coercionType }, done));
  }

  /** @returns {Promise<string[]>} the addresses of all attendees */
  async attendees() {
    const required = await this.#call("requiredAttendees.getAsync", (done) =>
      this.#item.requiredAttendees.getAsync(done),
    );
    const optional = await this.#call("optionalAttendees.getAsync", (done) =>
      this.#item.optionalAttendees.getAsync(done),
    );
    return [...required, ...optional].map((attendee) => attendee.emailAddress);
  }

  /**
   * A failure here is passed on: booking in the wrong person's name would be worse than not booking.
   * @returns {Promise<Holder>}
   */
  async holder() {
    const item = this.#item;
    if (!item.getSharedPropertiesAsync)
      return { address: this.#mailbox.userProfile.emailAddress, onBehalfOf: null };
    const shared = await this.#call("getSharedPropertiesAsync", (done) =>
      item.getSharedPropertiesAsync(done),
    );
    return { address: shared.owner, onBehalfOf: shared.owner };
  }

  /**
   * @returns {Promise<string | null>} null for an item that has never been saved, or where Outlook will not say: the
   *   id only helps two tabs of one item to meet, the idempotency key and our own id carry the rest
   */
  async savedId() {
    if (!this.#item.getItemIdAsync) return null;
    return this.#id().catch(() => null);
  }

  /** @returns {Promise<boolean>} false only where Outlook says so: an id that it does not tell is no new item's */
  async isSaved() {
    if (!this.#item.getItemIdAsync) return true;
    return this.#id().then(
      () => true,
      ({ reason }) => reason !== NOT_SAVED,
    );
  }

  /**
   * @returns {Promise<string | null>} the id of the series that the item is an occurrence of, else as `savedId`: the item
   *   that our properties were kept in, which its occurrences show, too
   */
  async rootId() {
    return this.#item.seriesId || this.savedId();
  }

  /** @returns {Promise<Repetition>} "single" also where Outlook cannot say */
  async repetition() {
    if (!Office.context.requirements.isSetSupported("Mailbox", "1.7")) return "single";
    if (this.#item.seriesId) return "occurrence";
    const rule = await this.#call("recurrence.getAsync", (done) => this.#item.recurrence.getAsync(done));
    return rule ? "series" : "single";
  }

  /**
   * @param {string} name
   * @returns {Promise<string | null>}
   */
  async property(name) {
    const value = (await this.#properties()).get(name);
    return typeof value === "string" ? value : null;
  }

  /**
   * Set or (null) remove custom properties and keep them with the item.
   * @param {Record<string, string | null>} values
   * @returns {Promise<void>}
   */
  async setProperties(values) {
    const properties = await this.#properties();
    for (const [name, value] of Object.entries(values)) {
      if (value === null) properties.remove(name);
      else properties.set(name, value);
    }
    const save = () => this.#call("customProperties.saveAsync", (done) => properties.saveAsync(done));
    // The first save of a new item's properties fails in new Outlook and the second succeeds (office-js issue 6624).
    await save().catch(save);
  }

  /** @returns {string} the user's time zone as Outlook names it */
  timeZone() {
    return this.#mailbox.userProfile.timeZone;
  }

  /**
   * Call `listener` when the time is changed in the open item, or it is made a series or none; dragging in the calendar
   * does not show here. What Outlook will not tell of shows when the pane looks next, so its refusal hinders nothing.
   * @param {() => void} listener
   * @returns {Promise<void>}
   */
  async onTimesChanged(listener) {
    if (!Office.context.requirements.isSetSupported("Mailbox", "1.7")) return;
    for (const kind of [Office.EventType.AppointmentTimeChanged, Office.EventType.RecurrenceChanged])
      await this.#call("addHandlerAsync", (done) => this.#item.addHandlerAsync(kind, listener, done)).catch(() => undefined);
  }

  /** @returns {Promise<string>} */
  #id() {
    return this.#call("getItemIdAsync", (done) => this.#item.getItemIdAsync(done));
  }

  /** @returns {Promise<Office.CustomProperties>} */
  #properties() {
    return this.#call("loadCustomPropertiesAsync", (done) => this.#item.loadCustomPropertiesAsync(done));
  }

  /**
   * @template T
   * @param {string} name
   * @param {(done: (result: Office.AsyncResult<T>) => void) => void} start
   * @returns {Promise<T>}
   */
  #call(name, start) {
    const turn = this.#last.then(() => promised(name, start));
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * @template T
 * @param {string} name
 * @param {(done: (result: Office.AsyncResult<T>) => void) => void} start
 * @returns {Promise<T>}
 */
function promised(name, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OutlookError(name, "timeout")), DEADLINE);
    const refuse = (/** @type {{name?: string} | undefined} */ error) => {
      clearTimeout(timer);
      reject(new OutlookError(name, error?.name ?? "unknown"));
    };
    try {
      start((result) => {
        if (result.status !== Office.AsyncResultStatus.Succeeded) return refuse(result.error);
        clearTimeout(timer);
        resolve(result.value);
      });
    } catch (error) {
      // What cannot be right, a text that is too long above all, Outlook throws back before it calls anything.
      refuse(error instanceof Error ? error : undefined);
    }
  });
}
