/**
 * Calendars as the window reads and writes them: in Microsoft Graph's words, but on Outlook's own line to the mailbox,
 * which is there wherever the mailbox is. Knows nothing of the page.
 */

import { changesForGraph, fromGraph, propertyName } from "./appointment.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./config.js").Person} Person */
/** @typedef {import("./token.js").Tokens} Tokens */

/** Graph refused, or could not be reached. `status` is 0 when no answer came. */
export class GraphFailure extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`Graph answered ${status}`);
    this.status = status;
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
    const found = page.value.filter((/** @type {any} */ event) => !event.isCancelled);
    return found
      .map((/** @type {any} */ event) => fromGraph(event, mailbox, this.addinId))
      .sort(
        (/** @type {Appointment} */ left, /** @type {Appointment} */ right) => +left.start - +right.start,
      );
  }

  /**
   * @param {string} mailbox
   * @param {string} id
   * @returns {Promise<Appointment>} with the add-in's custom properties, which lists leave out
   */
  async appointment(mailbox, id) {
    const expand = `singleValueExtendedProperties($filter=id eq '${propertyName(this.addinId)}')`;
    const query = new URLSearchParams({ $expand: expand });
    const event = await this.call(
      "GET",
      `${calendarPath(mailbox)}/events/${encodeURIComponent(id)}?${query}`,
    );
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
    const events = `${calendarPath(now.mailbox)}/events`;
    if (!before) return (await this.call("POST", events, changes)).id;
    if (Object.keys(changes).length > 0) {
      await this.call("PATCH", `${events}/${encodeURIComponent(String(now.id))}`, changes);
    }
    return String(now.id);
  }

  /**
   * @param {string} mailbox
   * @param {string} id
   */
  async remove(mailbox, id) {
    await this.call("DELETE", `${calendarPath(mailbox)}/events/${encodeURIComponent(id)}`);
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
    if (!answer?.ok) throw new GraphFailure(answer?.status ?? 0);
    return answer.status === 204 ? null : answer.json();
  }
}

/**
 * @param {string} mailbox
 * @returns {string}
 */
function calendarPath(mailbox) {
  return `/outlook/users/${encodeURIComponent(mailbox)}`;
}
