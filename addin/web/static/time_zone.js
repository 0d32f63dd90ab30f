/**
 * Times as the API wants them: ISO 8601 with the offset of an IANA zone.
 *
 * Outlook names zones the Windows way. The table holds the zones that staff of a Swedish organisation meet, as
 * Unicode CLDR (`supplemental/windowsZones.xml`) maps them; for Sweden that is Europe/Stockholm.
 */

import { times, wholeDays } from "./words.js";

const HOME = "Europe/Stockholm";
const HOUR = 3_600_000;

/** @type {Record<string, string>} */
const FROM_WINDOWS = {
  "W. Europe Standard Time": "Europe/Stockholm",
  "Romance Standard Time": "Europe/Paris",
  "Central Europe Standard Time": "Europe/Budapest",
  "Central European Standard Time": "Europe/Warsaw",
  "FLE Standard Time": "Europe/Helsinki",
  "GTB Standard Time": "Europe/Bucharest",
  "E. Europe Standard Time": "Europe/Chisinau",
  "GMT Standard Time": "Europe/London",
  "Greenwich Standard Time": "Atlantic/Reykjavik",
  UTC: "Etc/UTC",
};

/**
 * Return the IANA zone for Outlook's name of one; what it cannot name is answered with the browser's own zone.
 * @param {string} name
 * @returns {string}
 */
export function ianaZone(name) {
  if (FROM_WINDOWS[name]) return FROM_WINDOWS[name];
  return isZone(name) ? name : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * Return `moment` to the second with the offset that `zone` has then, e.g. `2027-03-01T10:00:00+01:00`.
 * @param {Date} moment
 * @param {string} zone IANA
 * @returns {string}
 */
export function withOffset(moment, zone) {
  const minutes = offsetMinutes(moment, zone);
  const local = new Date(moment.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${local}${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/**
 * Return e.g. `torsdag 25 april 2024 kl. 15.30–16.00`, as Swedish prose writes it, and whole days without a clock.
 *
 * The time is Swedish, as every text and page has it; where the user's Outlook shows another, that one follows
 * (`templates_messages/times.py`, ADR 38).
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone the user's, IANA
 * @param {string} [itemZone] in which whole days are whole, IANA
 * @returns {string}
 */
export function spoken(start, end, zone, itemZone = zone) {
  const ofDays = zoneOfWholeDays(start, end, itemZone);
  if (ofDays) return days(start, end, ofDays);
  const here = { first: day(start, HOME), last: day(end, HOME) };
  const isShared = [start, end].every((moment) => offsetMinutes(moment, zone) === offsetMinutes(moment, HOME));
  const told = `${here.first} kl. ${clocks(start, end, HOME, isShared ? times.plain : times.swedish)}`;
  if (isShared) return told;
  const there = { first: day(start, zone), last: day(end, zone) };
  const isSameDay = new Set([...Object.values(here), ...Object.values(there)]).size === 1;
  const lead = isSameDay ? "" : `${there.first} `;
  return `${told} (${lead}kl. ${clocks(start, end, zone, times.plain)} ${times.inOutlook})`;
}

/**
 * Return where a time is one or more whole days, as an all-day item's is: the item's zone, or Sweden's. Such a time tells
 * nobody when to come. Undefined for any other.
 * @param {Date} start
 * @param {Date} end
 * @param {string} itemZone IANA
 */
export function zoneOfWholeDays(start, end, itemZone) {
  return [itemZone, HOME].find((zone) => {
    const clock = new Intl.DateTimeFormat("sv", { timeZone: zone, timeStyle: "medium" });
    return start < end && [start, end].every((moment) => clock.format(moment) === "00:00:00");
  });
}

/**
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone in which they are whole days
 */
function days(start, end, zone) {
  const first = day(start, zone);
  const last = day(new Date(end.getTime() - 1), zone);
  return first === last ? wholeDays.one(first) : wholeDays.more(first, last);
}

/**
 * @param {Date} moment
 * @param {string} zone
 */
function day(moment, zone) {
  const parts = /** @type {const} */ ({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return new Intl.DateTimeFormat("sv", { timeZone: zone, ...parts }).format(moment);
}

/**
 * Return `15.30–16.00` with what the times must be called; the last one's date, too, when it is another.
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone
 * @param {import("./words.js").Seasons} names
 */
function clocks(start, end, zone, names) {
  const clock = new Intl.DateTimeFormat("sv", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const at = (/** @type {Date} */ moment) => clock.format(moment).replace(":", ".");
  const [begun, ended] = seasons(start, end, zone).map((season) => names[season]);
  const lastDay = day(end, zone);
  const isOneDay = day(start, zone) === lastDay;
  const last = `${isOneDay ? "" : `${lastDay} kl. `}${at(end)}${ended}`;
  if (begun !== ended) return `${at(start)}${begun} – ${last}`;
  return `${at(start)}${isOneDay ? "–" : " – "}${last}`;
}

/**
 * Return what start and end are called: summer or winter only when a clock tells one of them twice that night.
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone
 * @returns {(keyof import("./words.js").Seasons)[]}
 */
function seasons(start, end, zone) {
  const ends = [start, end];
  const summer = ends.map((moment) => offsetOfFirstReading(moment, zone)).find((offset) => offset !== null);
  if (summer === undefined) return ["always", "always"];
  return ends.map((moment) => (offsetMinutes(moment, zone) === summer ? "summer" : "winter"));
}

/**
 * Return the offset before clocks are set back by an hour when a moment is within that hour, or the same again.
 * @param {Date} moment
 * @param {string} zone
 */
function offsetOfFirstReading(moment, zone) {
  const [before, now, after] = [-HOUR, 0, HOUR].map((by) => offsetMinutes(new Date(moment.getTime() + by), zone));
  if (before > now) return before;
  return now > after ? now : null;
}

/** @param {string} name */
function isZone(name) {
  try {
    return Boolean(new Intl.DateTimeFormat("sv", { timeZone: name }));
  } catch {
    return false; // The only way that Intl tells an unknown zone.
  }
}

/**
 * @param {Date} moment
 * @param {string} zone
 */
function offsetMinutes(moment, zone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(
    moment,
  );
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? ["", "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
