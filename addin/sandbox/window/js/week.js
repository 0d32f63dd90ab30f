/**
 * Weeks and days as people in Sweden count them: Monday first, ISO week numbers. Days are texts, `2027-03-01`.
 */

const DAY = 24 * 60 * 60 * 1000;

/**
 * @param {string} day
 * @param {number} count
 * @returns {string}
 */
export function addDays(day, count) {
  return new Date(Date.parse(`${day}T00:00Z`) + count * DAY).toISOString().slice(0, 10);
}

/**
 * @param {string} day
 * @returns {string} the Monday of its week
 */
export function mondayOf(day) {
  const weekday = new Date(`${day}T00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/**
 * @param {string} monday
 * @returns {string[]} Monday to Sunday
 */
export function daysOf(monday) {
  return Array.from({ length: 7 }, (_, index) => addDays(monday, index));
}

/**
 * @param {string} day
 * @returns {number} ISO 8601 week: week 1 is the one that has the year's first Thursday
 */
export function weekNumber(day) {
  const thursday = addDays(mondayOf(day), 3);
  const firstOfYear = Date.parse(`${thursday.slice(0, 4)}-01-01T00:00Z`);
  return Math.floor((Date.parse(`${thursday}T00:00Z`) - firstOfYear) / (7 * DAY)) + 1;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} day
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {string} Swedish
 */
export function dayText(day, options) {
  // Making a format takes much longer than using it, and every half hour of a week is named.
  const wish = JSON.stringify(options);
  const format = formats.get(wish) ?? new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: "UTC" });
  formats.set(wish, format);
  return format.format(new Date(`${day}T00:00Z`));
}

/**
 * @param {string} monday
 * @returns {string} `23–29 november 2026`
 */
export function weekText(monday) {
  const sunday = addDays(monday, 6);
  const end = dayText(sunday, { day: "numeric", month: "long", year: "numeric" });
  if (monday.slice(0, 7) === sunday.slice(0, 7)) return `${Number(monday.slice(8))}–${end}`;
  /** @type {Intl.DateTimeFormatOptions} */
  const start = { day: "numeric", month: "long" };
  if (monday.slice(0, 4) !== sunday.slice(0, 4)) start.year = "numeric";
  return `${dayText(monday, start)} – ${end}`;
}

/**
 * @param {string} wall `2027-03-01T10:00`
 * @returns {string} `måndag 1 mars kl. 10.00`
 */
export function momentText(wall) {
  const day = dayText(wall.slice(0, 10), { weekday: "long", day: "numeric", month: "long" });
  return `${day} kl. ${wall.slice(11, 16).replace(":", ".")}`;
}
