/**
 * An appointment as the window keeps it, and its way to and from Graph's `event`
 * (learn.microsoft.com/graph/api/resources/event). Knows no HTTP and no page.
 */

import { instantOf, wallTime, ZONE } from "./zone.js";
import { rewritten, wholeDocument } from "./outlook_html.js";

/** @typedef {{address: string, name: string, type: "required" | "optional"}} Attendee */
/** @typedef {{type: "html" | "text", content: string}} Body `content` is a fragment when html */

/**
 * @typedef {object} Appointment
 * @property {string | null} id Graph's id; null until saved
 * @property {string} mailbox address of the calendar's owner
 * @property {string} subject
 * @property {string} location
 * @property {Date} start
 * @property {Date} end
 * @property {Body} body
 * @property {Attendee[]} attendees
 * @property {Record<string, unknown>} properties the add-in's custom properties
 * @property {Kind} kind what it is in a series
 * @property {string | null} masterId of an occurrence, the id of its series
 * @property {Rule | null} rule of a series
 * @property {string} organiser name of who invites
 * @property {boolean} own whether this calendar's owner organises it
 * @property {boolean} cancelled by its organiser
 * @property {string} response what the calendar's owner has answered, in Graph's words
 */

/** @typedef {"singleInstance" | "seriesMaster" | "occurrence" | "exception"} Kind Graph's words */
/** @typedef {any} Rule Graph's `patternedRecurrence` */

/** The set that Outlook keeps every add-in's custom properties in ([MS-OXPROPS], section 1.3.2, PS_PUBLIC_STRINGS). */
const PROPERTY_SET = "00020329-0000-0000-C000-000000000046";

/**
 * @param {string} addinId
 * @returns {string} Graph's name of the add-in's custom properties
 */
export function propertyName(addinId) {
  return `String {${PROPERTY_SET}} Name cecp-${addinId}`;
}

/**
 * @param {string} mailbox
 * @param {Date} start
 * @param {Date} end
 * @returns {Appointment}
 */
export function blankAppointment(mailbox, start, end) {
  const body = /** @type {Body} */ ({ type: "html", content: "" });
  return {
    id: null,
    mailbox,
    subject: "",
    location: "",
    start,
    end,
    body,
    attendees: [],
    properties: {},
    kind: "singleInstance",
    masterId: null,
    rule: null,
    organiser: "",
    own: true,
    cancelled: false,
    response: "organizer",
  };
}

/**
 * @param {Appointment} appointment
 * @returns {string} `10.00–10.30`
 */
export function timeText(appointment) {
  const [start, end] = [appointment.start, appointment.end].map((one) =>
    wallTime(one).slice(11).replace(":", "."),
  );
  return `${start}–${end}`;
}

/**
 * @param {any} event Graph's JSON
 * @param {string} mailbox
 * @param {string} addinId
 * @returns {Appointment}
 */
export function fromGraph(event, mailbox, addinId) {
  const html = event.body?.contentType !== "text";
  return {
    id: event.id,
    mailbox,
    subject: event.subject ?? "",
    location: event.location?.displayName ?? "",
    start: momentFrom(event.start),
    end: momentFrom(event.end),
    body: { type: html ? "html" : "text", content: bodyFrom(event.body?.content ?? "", html) },
    attendees: (event.attendees ?? []).map(attendeeFrom),
    properties: propertiesFrom(event.singleValueExtendedProperties ?? [], addinId),
    kind: event.type,
    masterId: event.seriesMasterId,
    rule: event.recurrence,
    organiser: event.organizer?.emailAddress.name ?? "",
    own: event.isOrganizer,
    cancelled: event.isCancelled,
    response: event.responseStatus?.response ?? "none",
  };
}

/**
 * What must be written so that Graph holds `now`. Only what changed: a field that nobody touched is never sent, so
 * that two clients do not overwrite each other's work.
 *
 * @param {Appointment} now
 * @param {Appointment | null} before null when the appointment is new
 * @param {string} addinId
 * @returns {Record<string, unknown>}
 */
export function changesForGraph(now, before, addinId) {
  const wanted = toGraph(now, addinId);
  if (!before) return wanted;
  const stored = toGraph(before, addinId);
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(stored[name])),
  );
}

/**
 * @param {Appointment} appointment
 * @param {string} addinId
 * @returns {Record<string, unknown>}
 */
function toGraph(appointment, addinId) {
  const { body } = appointment;
  return {
    subject: appointment.subject,
    location: { displayName: appointment.location },
    ...timesForGraph(appointment.start, appointment.end),
    body: {
      contentType: body.type,
      content: body.type === "html" ? wholeDocument(rewritten(body.content)) : body.content,
    },
    attendees: appointment.attendees.map(({ address, name, type }) => ({
      type,
      emailAddress: { address, name },
    })),
    singleValueExtendedProperties: propertiesForGraph(appointment.properties, addinId),
    ...ruleForGraph(appointment),
  };
}

/**
 * @param {Appointment} appointment
 * @returns {{recurrence?: Rule | null}} nothing for an occurrence, which has no rule of its own
 */
function ruleForGraph({ kind, rule }) {
  return kind === "occurrence" || kind === "exception" ? {} : { recurrence: rule };
}

/**
 * @param {Date} start
 * @param {Date} end
 * @returns {{start: object, end: object}} the two as Graph takes them
 */
export function timesForGraph(start, end) {
  const [first, last] = [start, end].map((one) => ({ dateTime: `${wallTime(one)}:00`, timeZone: ZONE }));
  return { start: first, end: last };
}

/**
 * @param {Record<string, unknown>} properties
 * @param {string} addinId
 * @returns {{id: string, value: string}[]}
 */
function propertiesForGraph(properties, addinId) {
  return [{ id: propertyName(addinId), value: JSON.stringify(properties) }];
}

/**
 * @param {{id: string, value: string}[]} stored
 * @param {string} addinId
 * @returns {Record<string, unknown>}
 */
function propertiesFrom(stored, addinId) {
  const wanted = propertyName(addinId).toLowerCase();
  const own = stored.find(({ id }) => id.toLowerCase() === wanted);
  return own ? JSON.parse(own.value) : {};
}

/**
 * @param {{dateTime: string, timeZone: string}} moment
 * @returns {Date}
 */
function momentFrom(moment) {
  const instant = instantOf(moment.dateTime, moment.timeZone);
  if (!instant) throw new Error("Graph answered with a time that its zone does not have");
  return instant;
}

/**
 * @param {string} content
 * @param {boolean} html
 * @returns {string}
 */
function bodyFrom(content, html) {
  return html ? rewritten(content) : content;
}

/**
 * @param {any} attendee
 * @returns {Attendee}
 */
function attendeeFrom(attendee) {
  const { address, name } = attendee.emailAddress;
  return { address, name: name ?? address, type: attendee.type === "optional" ? "optional" : "required" };
}
