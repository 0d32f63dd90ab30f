/**
 * Calendars as the window reads and writes them: in Microsoft Graph's words, but on Outlook's own line to the mailbox,
 * which is there wherever the mailbox is. Knows nothing of the page.
 */

import { changesForGraph, fromGraph, propertyName, timesForGraph } from "./appointment.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./config.js").Person} Person */
/** @typedef {import("./token.js").Tokens} Tokens */

/** The calendar refused, or could not be reached. `status` is 0 when no answer came; `code` is Graph's own word. */
export class GraphFailure extends Error {
  /**
   * @param {number} status
   * @param {string} code
   */
  constructor(status, code = "") {
    super(`the calendar answered ${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export class Graph {
  /**
   * @param {Person} person who calls
   * @param {Tokens} tokens
   * @param {string} audience
   * @param {string} addinId whose custom properties are read and written
   */
  constructor(person, tokens, audience, addinId) {
    this.person = person;
    this.tokens = tokens;
    this.audience = audience;
    this.addinId = addinId;
  }

  /**
   * @param {string} mailbox
   * @param {Date} from
   * @param {Date} to
   * @returns {Promise<Appointment[]>} all that touch the window, by start
   */
  async appointments(mailbox, from, to) {
    const query = new URLSearchParams({
      startDateTime: from.toISOString(),
      endDateTime: to.toISOString(),
      $top: "250",
    });
    const page = await this.call("GET", `${calendarPath(mailbox)}/calendarView?${query}`);
    return this.read(page.value, mailbox).sort((left, right) => +left.start - +right.start);
  }

  /**
   * @param {any[]} events
   * @param {string} mailbox
   * @returns {Appointment[]}
   */
  read(events, mailbox) {
    return events.map((event) => fromGraph(event, mailbox, this.addinId));
  }

  /**
   * @param {string} mailbox
   * @param {string} id
   * @returns {Promise<Appointment>} with the add-in's custom properties, which lists leave out
   */
  async appointment(mailbox, id) {
    const expand = `singleValueExtendedProperties($filter=id eq '${propertyName(this.addinId)}')`;
    const query = new URLSearchParams({ $expand: expand });
    const event = await this.call("GET", `${eventPath(mailbox, id)}?${query}`);
    return fromGraph(event, mailbox, this.addinId);
  }

  /**
   * Create, or change what differs from what was stored.
   *
   * @param {Appointment} now
   * @param {Appointment | null} before
   * @returns {Promise<string>} the id
   */
  async save(now, before) {
    const changes = changesForGraph(now, before, this.addinId);
    if (!before) return (await this.call("POST", `${calendarPath(now.mailbox)}/events`, changes)).id;
    if (Object.keys(changes).length > 0) await this.change(now, changes);
    return String(now.id);
  }

  /**
   * Change some of an appointment's fields, in Graph's words, and leave the rest.
   *
   * @param {Pick<Appointment, "mailbox" | "id">} appointment
   * @param {Record<string, unknown>} changes
   */
  async change({ mailbox, id }, changes) {
    await this.call("PATCH", eventPath(mailbox, id), changes);
  }

  /**
   * Copy an appointment with all that it bears, as Outlook does.
   *
   * @param {Appointment} appointment
   * @param {string} mailbox whose calendar gets the copy
   * @param {Date} start
   */
  async copy(appointment, mailbox, start) {
    const { start: at } = timesForGraph(start, start);
    const path = `${eventPath(appointment.mailbox, appointment.id)}/copy`;
    await this.call("POST", path, { mailbox, start: at });
  }

  /**
   * @param {string} mailbox
   * @param {string} id
   */
  async remove(mailbox, id) {
    await this.call("DELETE", eventPath(mailbox, id));
  }

  /**
   * Answer an invitation.
   *
   * @param {Pick<Appointment, "mailbox" | "id">} appointment a whole series, or one that is none
   * @param {"accept" | "tentativelyAccept" | "decline"} answer
   */
  async respond({ mailbox, id }, answer) {
    await this.call("POST", `${eventPath(mailbox, id)}/${answer}`, {});
  }

  /**
   * @param {string} mailbox
   * @returns {Promise<Appointment[]>} what lies in Deleted Items, deleted last first
   */
  async deleted(mailbox) {
    return this.read((await this.call("GET", deletedPath(mailbox))).value, mailbox);
  }

  /** @param {Appointment} appointment out of Deleted Items */
  async restore({ mailbox, id }) {
    await this.call("POST", `${deletedPath(mailbox)}/${encodeURIComponent(String(id))}/restore`, {});
  }

  /** @param {Appointment} appointment out of Deleted Items */
  async purge({ mailbox, id }) {
    await this.call("DELETE", `${deletedPath(mailbox)}/${encodeURIComponent(String(id))}`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [content]
   * @returns {Promise<any>} the answer's JSON; null for 204
   */
  async call(method, path, content) {
    const token = await this.tokens.token(this.person, this.audience);
    const headers = {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      Prefer: 'outlook.timezone="UTC"',
    };
    const body = content === undefined ? undefined : JSON.stringify(content);
    const answer = await fetch(path, { method, headers, body }).catch(() => null);
    if (!answer) throw new GraphFailure(0);
    if (!answer.ok) throw new GraphFailure(answer.status, await codeOf(answer));
    return [202, 204].includes(answer.status) ? null : answer.json();
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<string>} Graph's code of a refusal, empty when it gives none
 */
async function codeOf(answer) {
  const told = await answer.json().catch(() => null);
  return told?.error?.code ?? "";
}

/**
 * @param {string} mailbox
 * @param {string | null} id
 * @returns {string}
 */
function eventPath(mailbox, id) {
  return `${calendarPath(mailbox)}/events/${encodeURIComponent(String(id))}`;
}

/**
 * @param {string} mailbox
 * @returns {string}
 */
function deletedPath(mailbox) {
  return `${calendarPath(mailbox)}/deletedItems`;
}

/**
 * @param {string} mailbox
 * @returns {string}
 */
function calendarPath(mailbox) {
  return `/outlook/users/${encodeURIComponent(mailbox)}`;
}
