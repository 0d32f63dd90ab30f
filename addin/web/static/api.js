/**
 * The service's API as the pane calls it: one `request` and the named calls.
 *
 * Every call here may be repeated: bookings carry an idempotency key, changes a revision, and the rest have no second
 * effect. So a lost answer is asked for again with the very same request. Knows nothing of Outlook or of the page.
 */

/** @typedef {{id: string, name: string}} Variant */
/** @typedef {"patient" | "staff" | "external" | "interpreter"} Audience */
/**
 * @typedef {object} MeetingType
 * @property {string} id
 * @property {string} name
 * @property {string} when_to_use
 * @property {string | null} provider_note
 * @property {number} participant_limit
 * @property {Record<string, string>} neutral_subject by variant
 * @property {"strip" | "own_room"} copy_rule what a copy of an item gets
 * @property {"one_link" | "ask"} series_rule what a series gets
 * @property {Audience[]} audiences
 * @property {Variant[]} variants
 */
/** @typedef {{id: string, name: string, telephone: string, hours: string, default: boolean}} Unit */
/** @typedef {"own_room" | "strip" | "leave"} CopyAnswer */
/** @typedef {"now" | "next"} LinkBegins at once, or from the occurrence after the one that is open or next */
/** @typedef {"current" | "coming"} WhichLink the meeting's own, or the one that is to come */
/**
 * What can be done about the meeting's link, and what is to come.
 * @typedef {object} LinkOutlook
 * @property {LinkBegins[]} possible
 * @property {string | null} next_start the occurrence that would have, or will have, another link
 * @property {string | null} next_end
 * @property {{join_url: string, join_code_spoken: string} | null} coming
 */
/**
 * What following the calendar item has come to (docs/errors.md, "Calendar notes").
 * @typedef {"frozen" | "calendar_denied" | "mailbox_lost" | "item_awaited" | "perhaps_cancelled" | "time_unusable"
 *   | "copy_asked" | "copy_unwritable" | "series" | "series_asked" | "occurrence_cancelled" | "ended_with_item" | "link_coming" | "block_old"
 *   | "item_taken" | "earlier_meeting"} CalendarNote
 */
/**
 * @typedef {object} Meeting
 * @property {string} id
 * @property {"wanted" | "live" | "needs_attention" | "cancelling" | "cancelled"} state
 * @property {boolean} unbound no calendar item has been seen yet
 * @property {number} revision
 * @property {string} type
 * @property {string} variant
 * @property {string} unit
 * @property {string} start ISO 8601 with offset
 * @property {string} end ISO 8601 with offset
 * @property {string} time_zone IANA
 * @property {string | null} join_url
 * @property {string | null} start_url
 * @property {string | null} join_code_spoken
 * @property {string} neutral_subject
 * @property {string} location
 * @property {import("./block.js").Block | null} item_block
 * @property {{code: string, message: string} | null} attention
 * @property {{code: CalendarNote, message: string}[]} calendar_notes
 * @property {string | null} deviation
 * @property {boolean} retryable
 * @property {LinkOutlook} link_change not there in lists
 * @property {Partial<Record<Audience, number>>} told
 * @property {Audience[]} told_stale
 */
/**
 * @typedef {object} BookingRequest
 * @property {string} mailbox
 * @property {string} type
 * @property {string} variant
 * @property {string} unit
 * @property {string} start
 * @property {string} end
 * @property {string} time_zone
 * @property {string} [on_behalf_of]
 * @property {string} [item_id]
 * @property {string} [earlier_meeting] the meeting that the item holds and that the user cannot see
 */
/** @typedef {Partial<Pick<BookingRequest, "type" | "variant" | "unit" | "start" | "end" | "time_zone">>} Wish */
/** @typedef {"invitation" | "rescheduled" | "cancelled" | "insert"} Occasion */
/** @typedef {{id: string, version: number, occasion: Occasion, title: string, plain: string, html: string}} Text */
/** @typedef {{revision: number, start: string, end: string, cancelled: boolean}} AsOf how the meeting was that words tell of */
/**
 * @typedef {object} Texts
 * @property {Audience} audience
 * @property {AsOf} as_of
 * @property {"link" | "text"} copy_first
 * @property {{url: string, central_template: string | null}} link
 * @property {Text[]} texts
 */
/** @typedef {"link" | "text" | "informed"} Told by which copy they were told, or otherwise */
/** @typedef {{meeting: Meeting, retryAfter: number}} Answer `retryAfter` is in seconds */
/** @typedef {(fresh?: boolean, challenge?: string | null) => Promise<string>} AccessToken */

const ROOT = "/api/v1";
const ATTEMPTS = 4;
const FIRST_PAUSE = 500;
const DEADLINE = 20_000;
const LONGEST_PAUSE = 10;

/** The service was reached and said no, or could not be reached at all (`code` "unreachable"). */
export class Failure extends Error {
  /**
   * @param {{code: string, title?: string, status?: number, retryable?: boolean, requestId?: string}} facts
   *   `title` is the service's own Swedish sentence
   */
  constructor({ code, title = "", status = 0, retryable = false, requestId = "" }) {
    super(code);
    this.name = "Failure";
    this.code = code;
    this.title = title;
    this.status = status;
    this.retryable = retryable;
    this.requestId = requestId;
  }
}

export class Api {
  #accessToken;

  /** @param {AccessToken} accessToken */
  constructor(accessToken) {
    this.#accessToken = accessToken;
  }

  /** @returns {Promise<MeetingType[]>} */
  async meetingTypes() {
    return (await this.#request("GET", "/meeting-types")).data.meeting_types;
  }

  /**
   * @param {string} mailbox
   * @returns {Promise<Unit[]>}
   */
  async units(mailbox) {
    return (await this.#request("GET", `/units?mailbox=${encodeURIComponent(mailbox)}`)).data.units;
  }

  /**
   * @param {BookingRequest} wish
   * @param {string} key repeated with the same wish it gives the same meeting
   */
  async book(wish, key) {
    return answer(await this.#request("POST", "/meetings", wish, { "Idempotency-Key": key }));
  }

  /** @param {string} id */
  async meeting(id) {
    return answer(await this.#request("GET", path(id)));
  }

  /**
   * @param {string} id
   * @param {number} revision
   * @param {Wish} wish
   */
  async change(id, revision, wish) {
    return answer(await this.#request("PATCH", path(id), wish, seen(revision)));
  }

  /**
   * @param {string} id
   * @returns {Promise<boolean>} true when the room is gone, false while it is being removed
   */
  async remove(id) {
    return (await this.#request("DELETE", path(id))).status === 204;
  }

  /**
   * The caller's meetings of a day or so, enough to recognise one by its link.
   * @param {Date} from
   * @param {Date} to
   * @returns {Promise<Meeting[]>}
   */
  async meetingsBetween(from, to) {
    const span = new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), page_size: "50" });
    return (await this.#request("GET", `/meetings?${span}`)).data.meetings;
  }

  /**
   * @param {string} id
   * @param {Audience} audience
   * @param {string} language
   * @param {WhichLink} link
   * @returns {Promise<Texts>}
   */
  async texts(id, audience, language, link) {
    const query = new URLSearchParams({ audience, language, link });
    return (await this.#request("GET", `${path(id)}/texts?${query}`)).data;
  }

  /**
   * @param {string} id
   * @param {Audience} audience
   * @param {Told} what
   * @param {WhichLink} link
   * @param {AsOf} [asOf] as the texts came with it; without it the meeting counts as it is when this arrives
   */
  async copied(id, audience, what, link, asOf) {
    return answer(await this.#request("POST", `${path(id)}/copied`, { audience, what, link, as_of: asOf }));
  }

  /**
   * @param {string} id
   * @param {number} revision
   * @param {LinkBegins} begins
   */
  async changeLink(id, revision, begins) {
    return answer(await this.#request("POST", `${path(id)}/link-change`, { begins }, seen(revision)));
  }

  /**
   * Take a link back that is still to come.
   * @param {string} id
   * @param {number} revision
   */
  async keepLink(id, revision) {
    return answer(await this.#request("DELETE", `${path(id)}/link-change`, undefined, seen(revision)));
  }

  /**
   * Tell the service that the item bears the block as it reads in this revision.
   * @param {string} id
   * @param {number} revision
   */
  async blockWritten(id, revision) {
    return answer(await this.#request("POST", `${path(id)}/block-written`, undefined, seen(revision)));
  }

  /**
   * Have the service look at the calendar item now. Where only her own rights lead to it and Entra wants more of her
   * first, she is asked, and whoever gives tokens throws when she declines.
   * @param {string} id
   * @param {string} itemId as Outlook names the item
   */
  async look(id, itemId) {
    const looked = () => this.#request("POST", `${path(id)}/item`, { item_id: itemId });
    const reply = await looked();
    const challenge = reply.data.sign_in_challenge;
    if (challenge === null) return answer(reply);
    await this.#accessToken(true, challenge);
    return answer(await looked());
  }

  /**
   * @param {string} id
   * @param {CopyAnswer} copies
   */
  async answerCopies(id, copies) {
    return answer(await this.#request("POST", `${path(id)}/copies`, { answer: copies }));
  }

  /**
   * @param {string} id
   * @param {boolean} oneLink whether the same people meet at each occurrence
   */
  async answerSeries(id, oneLink) {
    return answer(await this.#request("POST", `${path(id)}/series`, { one_link: oneLink }));
  }

  /**
   * @param {string} method
   * @param {string} where
   * @param {object} [body]
   * @param {Record<string, string>} [headers]
   */
  async #request(method, where, body, headers = {}) {
    /** @type {Record<string, string>} */
    const content = body === undefined ? {} : { "Content-Type": "application/json" };
    let token = await this.#accessToken();
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const reply = await send(method, where, body, {
        ...headers,
        ...content,
        Authorization: `Bearer ${token}`,
      });
      if (reply.failure === null) return reply;
      if (reply.failure.code === "token-expired" && !renewed) {
        renewed = true;
        token = await this.#accessToken(true);
      } else if (reply.failure.retryable && attempt < ATTEMPTS) {
        await pause(Math.max(reply.retryAfter * 1000, FIRST_PAUSE * 2 ** (attempt - 1)));
      } else throw reply.failure;
    }
  }
}

/**
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @typedef {{status: number, data: any, retryAfter: number, failure: Failure | null}} Reply */

/**
 * @param {string} method
 * @param {string} where
 * @param {object | undefined} body
 * @param {Record<string, string>} headers
 * @returns {Promise<Reply>}
 */
async function send(method, where, body, headers) {
  /** @type {Response} */
  let response;
  /** @type {any} */
  let data;
  try {
    response = await fetch(ROOT + where, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(DEADLINE),
    });
    data = await parsed(response);
  } catch {
    // fetch tells a refused connection, a cut answer and a timeout apart in no way that a clinician could use.
    return {
      status: 0,
      data: null,
      retryAfter: 0,
      failure: new Failure({ code: "unreachable", retryable: true }),
    };
  }
  const retryAfter = Math.min(Number(response.headers.get("Retry-After")) || 0, LONGEST_PAUSE);
  return {
    status: response.status,
    data,
    retryAfter,
    failure: response.ok ? null : failureFrom(response, data),
  };
}

/** @param {Response} response */
async function parsed(response) {
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  return isJson && response.status !== 204 ? response.json() : (await response.text(), null);
}

/**
 * @param {Response} response
 * @param {any} problem problem+json, or null when something in between answered
 */
function failureFrom(response, problem) {
  return new Failure({
    code: problem?.code ?? "unexpected-answer",
    title: problem?.title ?? "",
    status: response.status,
    retryable: problem?.retryable ?? [502, 503, 504].includes(response.status),
    requestId: problem?.request_id ?? "",
  });
}

/**
 * @param {Reply} reply
 * @returns {Answer}
 */
function answer(reply) {
  return {
    meeting: reply.data,
    retryAfter: reply.retryAfter,
  };
}

/**
 * @param {number} revision
 * @returns {Record<string, string>} the header that says which revision was seen
 */
function seen(revision) {
  return { "If-Match": `"${revision}"` };
}

/** @param {string} id */
function path(id) {
  return `/meetings/${encodeURIComponent(id)}`;
}
