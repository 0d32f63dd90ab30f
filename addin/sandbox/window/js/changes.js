/**
 * What a person does to appointments in the week: move, resize, copy, delete. Asks what Outlook would ask, changes
 * the calendar, and says what happened.
 */

import { timesForGraph } from "./appointment.js";
import { tellGraphFailure } from "./failures.js";
import { choose } from "./question.js";
import { movedBy } from "./rule.js";
import { momentText } from "./week.js";
import { instantOf, wallTime } from "./zone.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {import("./notice.js").Notices} Notices */
/** @typedef {{graph: Graph, notices: Notices}} Desk */

export const ONE = "Bara den här gången";
export const ALL = "Hela serien";
const DAY = 24 * 60 * 60 * 1000;

/**
 * Move an appointment, or change how long it is.
 *
 * @param {Appointment} appointment
 * @param {Date} start
 * @param {Date} end
 * @param {Desk} desk
 * @returns {Promise<boolean>} whether it is moved
 */
export async function reschedule(appointment, start, end, desk) {
  const scope = await scopeOf(appointment, "Vill du flytta mötet?");
  if (!scope) return false;
  return tried(desk, "Mötet flyttades inte.", async () => {
    const changes = scope === ALL ? await seriesMove(appointment, start, end, desk.graph) : null;
    if (changes === IMPOSSIBLE) {
      desk.notices.fail("Serien kan bara flyttas till en annan tid på dagen. Öppna den för att ändra den.");
      return false;
    }
    const { mailbox, masterId } = appointment;
    if (changes) await desk.graph.change({ mailbox, id: masterId }, changes);
    else await desk.graph.change(appointment, timesForGraph(start, end));
    desk.notices.say(`Mötet är flyttat till ${momentText(wallTime(start))}.${sent(appointment)}`);
    return true;
  });
}

/**
 * @param {Appointment} appointment
 * @param {string} mailbox
 * @param {Date} start
 * @param {Desk} desk
 */
export async function copyTo(appointment, mailbox, start, desk) {
  await tried(desk, "Mötet kopierades inte.", async () => {
    await desk.graph.copy(appointment, mailbox, start);
    desk.notices.say(`En kopia av mötet står ${momentText(wallTime(start))}.`);
    return true;
  });
}

/**
 * Ask, and take the appointment out of the calendar.
 *
 * @param {Appointment} appointment
 * @param {Desk} desk
 * @returns {Promise<boolean>} whether it is gone
 */
export async function removeAppointment(appointment, desk) {
  const { mailbox, id, masterId } = appointment;
  if (!id) return false;
  const scope = masterId
    ? await scopeOf(appointment, "Vill du ta bort mötet?")
    : await choose("Vill du ta bort mötet?", lossText(appointment), ["Ta bort"], "Behåll");
  if (!scope) return false;
  return tried(desk, "Mötet togs inte bort.", async () => {
    await desk.graph.remove(mailbox, scope === ALL && masterId ? masterId : id);
    desk.notices.say(`Mötet är borttaget ur kalendern.${sent(appointment, "En avbokning har gått ut.")}`);
    return true;
  });
}

/**
 * @param {Appointment} appointment
 * @param {string} title
 * @returns {Promise<string | null>} ONE, ALL, or null to leave it
 */
async function scopeOf({ masterId, kind }, title) {
  if (!masterId) return kind === "seriesMaster" ? ALL : ONE;
  const text = "Det återkommer. Ändringen kan gälla bara den här gången eller hela serien.";
  return choose(title, text, [ONE, ALL], "Avbryt");
}

const IMPOSSIBLE = Object.freeze({});

/**
 * What moves every occurrence as far as this one is moved. Days that were moved or taken out before are forgotten,
 * as in Outlook.
 *
 * @param {Appointment} appointment an occurrence
 * @param {Date} start
 * @param {Date} end
 * @param {Graph} graph
 * @returns {Promise<Record<string, unknown>>} in Graph's words; IMPOSSIBLE when its rule has no such day
 */
async function seriesMove(appointment, start, end, graph) {
  const master = await graph.appointment(appointment.mailbox, String(appointment.masterId));
  const [from, to] = [appointment.start, start].map((one) => Date.parse(`${wallTime(one)}Z`));
  const wall = new Date(Date.parse(`${wallTime(master.start)}Z`) + to - from).toISOString().slice(0, 16);
  const first = instantOf(wall) ?? master.start;
  const days = Math.round((dayOf(first) - dayOf(master.start)) / DAY);
  const rule = movedBy(master.rule, days);
  if (!rule) return IMPOSSIBLE;
  const times = timesForGraph(first, new Date(+first + (+end - +start)));
  return days === 0 ? times : { ...times, recurrence: rule };
}

/**
 * @param {Date} instant
 * @returns {number} midnight of its day on the clock, in milliseconds
 */
function dayOf(instant) {
  return Date.parse(`${wallTime(instant).slice(0, 10)}T00:00Z`);
}

/**
 * @param {Appointment} appointment
 * @returns {string}
 */
function lossText({ subject, own, attendees }) {
  const name = subject || "Mötet utan ämne";
  const others = own && attendees.length ? " Deltagarna får en avbokning." : "";
  return `${name} läggs i Borttaget.${others}`;
}

/**
 * @param {Appointment} appointment
 * @param {string} text
 * @returns {string} what its attendees have heard
 */
function sent({ own, attendees }, text = "Deltagarna har fått den nya tiden.") {
  return own && attendees.length ? ` ${text}` : "";
}

/**
 * @param {Desk} desk
 * @param {string} consequence
 * @param {() => Promise<boolean>} act whether it was done; when not, it has told why
 * @returns {Promise<boolean>} whether it was done; when not, the person has been told
 */
async function tried({ notices }, consequence, act) {
  try {
    return await act();
  } catch (failure) {
    tellGraphFailure(notices, failure, consequence);
    return false;
  }
}
