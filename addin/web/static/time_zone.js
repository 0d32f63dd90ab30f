/**
 * Times as the API wants them: ISO 8601 with the offset of an IANA zone.
 *
 * Outlook names zones the Windows way. The table holds the zones that staff of a Swedish organisation meet, as
 * Unicode CLDR (`supplemental/windowsZones.xml`) maps them; for Sweden that is Europe/Stockholm.
 */

import { wholeDays } from "./words.js";

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
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone IANA
 * @returns {string}
 */
export function spoken(start, end, zone) {
  const day = new Intl.DateTimeFormat("sv", {
    timeZone: zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  const clock = new Intl.DateTimeFormat("sv", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const at = (/** @type {Date} */ moment) => clock.format(moment).replace(":", ".");
  const first = day.format(start);
  const last = day.format(end);
  if (isWholeDays(start, end, zone)) {
    const lastWhole = day.format(new Date(end.getTime() - 1));
    return first === lastWhole ? wholeDays.one(first) : wholeDays.more(first, lastWhole);
  }
  return `${first} kl. ${at(start)}${first === last ? `–${at(end)}` : ` – ${last} kl. ${at(end)}`}`;
}

/**
 * Say whether a time is one or more whole days in a zone, as an all-day item's is: it tells nobody when to come.
 * @param {Date} start
 * @param {Date} end
 * @param {string} zone IANA
 * @returns {boolean}
 */
export function isWholeDays(start, end, zone) {
  const clock = new Intl.DateTimeFormat("sv", { timeZone: zone, timeStyle: "medium" });
  const isMidnight = (/** @type {Date} */ moment) => clock.format(moment) === "00:00:00";
  return start < end && isMidnight(start) && isMidnight(end);
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
