/**
 * Clock time in one IANA time zone and the instants behind it. The only place that knows that a day may have 23 or
 * 25 hours. Clock times are texts such as `2027-03-01T10:00`, days such as `2027-03-01`.
 */

/** The region's zone; Outlook calls it by its Windows name. */
export const ZONE = "Europe/Stockholm";
export const WINDOWS_ZONE = "W. Europe Standard Time";

const partsFormat = new Map();

/**
 * @param {string} zone
 * @returns {Intl.DateTimeFormat}
 */
function formatFor(zone) {
  let format = partsFormat.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone === WINDOWS_ZONE ? ZONE : zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    partsFormat.set(zone, format);
  }
  return format;
}

/**
 * @param {Date} instant
 * @param {string} zone
 * @returns {string} the clock's `YYYY-MM-DDTHH:MM` at that instant
 */
export function wallTime(instant, zone = ZONE) {
  const parts = Object.fromEntries(
    formatFor(zone)
      .formatToParts(instant)
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/**
 * @param {string} wall clock time, seconds and fractions allowed as Graph writes them
 * @param {string} zone
 * @returns {Date | null} null for a clock time that the zone skips in spring, or that is no time at all
 */
export function instantOf(wall, zone = ZONE) {
  const asUtc = Date.parse(`${wall.slice(0, 16)}:00Z`);
  if (Number.isNaN(asUtc)) return null;
  // Two rounds settle it: the offset at the first guess may belong to the other side of a change of clocks.
  const guess = asUtc - offset(asUtc, zone);
  const instant = new Date(asUtc - offset(guess, zone));
  return wallTime(instant, zone) === wall.slice(0, 16) ? instant : null;
}

/**
 * @param {number} at milliseconds since the epoch
 * @param {string} zone
 * @returns {number} milliseconds that the zone is ahead of UTC at that instant
 */
function offset(at, zone) {
  return Date.parse(`${wallTime(new Date(at), zone)}:00Z`) - Math.floor(at / 60000) * 60000;
}
