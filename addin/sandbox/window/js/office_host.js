/**
 * The window's half of the Office.js stand-in: answers the calls that `office.js` in the pane's frame posts, out of
 * the open item. Talks to one frame and one origin only. Messages: `../office.js`.
 */

import { htmlOfText, rewritten, textOf, wholeDocument, escaped } from "./outlook_html.js";
import { WINDOWS_ZONE } from "./zone.js";

/** @typedef {import("./config.js").Mailbox} Mailbox */
/** @typedef {import("./config.js").Person} Person */
/** @typedef {import("./faults.js").Faults} Faults */
/** @typedef {import("./faults.js").Failure} Failure */
/** @typedef {import("./open_item.js").OpenItem} OpenItem */

/**
 * @typedef {object} Hosting
 * @property {HTMLIFrameElement} frame
 * @property {string} origin the pane's
 * @property {OpenItem} item
 * @property {Person} person who is signed in
 * @property {Mailbox} owner whose calendar it is
 * @property {Faults} faults
 * @property {(challenge: string | null) => Promise<string>} accessToken
 */

const CHANNEL = "office-stand-in";

/** Every right of a delegate: read, write, delete own and all, edit own and all (Office.MailboxEnums.DelegatePermissions). */
const ALL_DELEGATE_RIGHTS = 63;

/** Names and codes as in Outlook's own table; a message set into a plain body is refused by name only (Body reference). */
const NOT_SAVED = {
  code: 9046,
  name: "ItemNotSaved",
  message: "The id can't be retrieved until the item is saved.",
};
const PLAIN_BODY = {
  code: 9002,
  name: "InvalidFormatError",
  message: "The item body is in plain text format.",
};
const NO_TOKEN = { code: 13006, name: "Client Error", message: "The sandbox issued no token." };

export class OfficeHost {
  /** @param {Hosting} hosting */
  constructor(hosting) {
    this.hosting = hosting;
    this.item = hosting.item;
    this.listening = false;
    this.onMessage = (/** @type {MessageEvent} */ event) => this.receive(event);
    this.onTime = () => this.tellTime();
    this.onRule = () => this.tellRule();
    window.addEventListener("message", this.onMessage);
    this.item.addEventListener("time", this.onTime);
    this.item.addEventListener("rule", this.onRule);
  }

  close() {
    window.removeEventListener("message", this.onMessage);
    this.item.removeEventListener("time", this.onTime);
    this.item.removeEventListener("rule", this.onRule);
  }

  /** @param {MessageEvent} event */
  receive(event) {
    const { frame, origin } = this.hosting;
    if (event.source !== frame.contentWindow || event.origin !== origin || event.data?.channel !== CHANNEL)
      return;
    if (event.data.kind === "hello") this.post({ kind: "welcome", ...this.welcome() });
    if (event.data.kind === "call") void this.answer(event.data);
  }

  /** @param {Record<string, unknown>} message */
  post(message) {
    this.hosting.frame.contentWindow?.postMessage({ channel: CHANNEL, ...message }, this.hosting.origin);
  }

  /** @returns {Record<string, unknown>} what Office.context holds without a call */
  welcome() {
    const { name, address } = this.hosting.person;
    return {
      displayLanguage: "sv-SE",
      userProfile: {
        displayName: name,
        emailAddress: address,
        timeZone: WINDOWS_ZONE,
        accountType: "office365",
      },
      shared: this.item.shared,
      seriesId: ewsForm(this.item.now.masterId),
    };
  }

  /** @param {{id: number, name: string, args: any[]}} call */
  async answer({ id, name, args }) {
    const failure = await this.hosting.faults.meet(name);
    if (failure) return this.post({ kind: "answer", id, error: failure });
    try {
      this.post({ kind: "answer", id, value: await this.perform(name, args) });
    } catch (refused) {
      if (!(refused instanceof Refusal)) throw refused;
      this.post({ kind: "answer", id, error: refused.failure });
    }
  }

  /**
   * @param {string} name
   * @param {any[]} args
   * @returns {Promise<unknown>}
   */
  async perform(name, args) {
    const act = CALLS[name];
    if (!act) throw new Error(`the stand-in has no call ${name}`);
    return act(this, args);
  }

  tellTime() {
    if (!this.listening) return;
    const { start, end } = this.item.now;
    this.post({
      kind: "event",
      type: "olkAppointmentTimeChanged",
      start: start.toISOString(),
      end: end.toISOString(),
    });
  }

  tellRule() {
    if (!this.listening) return;
    this.post({ kind: "event", type: "olkRecurrenceChanged", recurrence: this.item.now.rule });
  }

  /**
   * @param {string | null} challenge what Entra wants of her first
   * @returns {Promise<string>}
   */
  async token(challenge) {
    try {
      return await this.hosting.accessToken(challenge);
    } catch (cause) {
      console.error(cause);
      throw new Refusal(NO_TOKEN);
    }
  }
}

/** A call that Outlook refuses; the pane gets the failure in its AsyncResult. */
class Refusal extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.name);
    this.failure = failure;
  }
}

/** @type {Record<string, (host: OfficeHost, args: any[]) => unknown>} */
const CALLS = {
  "subject.getAsync": ({ item }) => item.now.subject,
  "subject.setAsync": ({ item }, [subject]) => item.write({ subject }, "addin"),
  "location.getAsync": ({ item }) => item.now.location,
  "location.setAsync": ({ item }, [location]) => item.write({ location }, "addin"),
  "start.getAsync": ({ item }) => item.now.start.getTime(),
  "end.getAsync": ({ item }) => item.now.end.getTime(),
  "recurrence.getAsync": ({ item }) => item.now.rule,
  "requiredAttendees.getAsync": ({ item }) => recipients(item, "required"),
  "optionalAttendees.getAsync": ({ item }) => recipients(item, "optional"),
  "body.getTypeAsync": ({ item }) => item.now.body.type,
  "body.getAsync": ({ item }, [coercion]) => bodyAs(item, coercion),
  "body.setAsync": ({ item }, [data, coercion]) => setBody(item, data, coercion),
  loadCustomPropertiesAsync: ({ item }) => item.now.properties,
  "customProperties.saveAsync": ({ item }, [properties]) => item.write({ properties }, "addin"),
  getItemIdAsync: ({ item }) => ewsId(item),
  getSharedPropertiesAsync: ({ hosting }) => sharedProperties(hosting.owner),
  addHandlerAsync: (host) => void (host.listening = true),
  // Which kinds are still listened for is known in the frame.
  removeHandlerAsync: () => undefined,
  "auth.getAccessToken": (host, [challenge]) => host.token(challenge),
};

/**
 * @param {OpenItem} item
 * @param {"required" | "optional"} type
 */
function recipients(item, type) {
  const some = item.now.attendees.filter((attendee) => attendee.type === type);
  return some.map(({ name, address }) => ({
    displayName: name,
    emailAddress: address,
    appointmentResponse: "none",
    recipientType: "user",
  }));
}

/**
 * @param {OpenItem} item
 * @param {string} coercion
 * @returns {string}
 */
function bodyAs({ now: { body } }, coercion) {
  if (coercion === "text") return body.type === "text" ? body.content : textOf(body.content);
  if (body.type === "html") return wholeDocument(rewritten(body.content));
  return wholeDocument(`<div class="PlainText">${escaped(body.content).replace(/\r\n|\n/g, "<br>\n")}</div>`);
}

/**
 * @param {OpenItem} item
 * @param {string} data
 * @param {string} coercion
 */
function setBody(item, data, coercion) {
  const plain = item.now.body.type === "text";
  if (coercion === "html" && plain) throw new Refusal(PLAIN_BODY);
  if (plain) item.write({ body: { type: "text", content: data } }, "addin");
  else
    item.write(
      { body: { type: "html", content: rewritten(coercion === "html" ? data : htmlOfText(data)) } },
      "addin",
    );
}

/**
 * @param {OpenItem} item
 * @returns {string} the id in its EWS form, which is what Office.js gives; Graph's is the URL-safe form of the same
 */
function ewsId({ now: { id } }) {
  if (!id) throw new Refusal(NOT_SAVED);
  return ewsForm(id);
}

/**
 * @template {string | null} Id
 * @param {Id} id Graph's
 * @returns {Id} the same as EWS writes it
 */
function ewsForm(id) {
  return /** @type {Id} */ (id && id.replace(/-/g, "/").replace(/_/g, "+"));
}

/** @param {Mailbox} owner */
function sharedProperties({ address }) {
  return {
    owner: address,
    targetMailbox: address,
    delegatePermissions: ALL_DELEGATE_RIGHTS,
    targetRestUrl: "",
  };
}
