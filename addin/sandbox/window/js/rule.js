/**
 * The one kind of series that this window makes, every week so many times, and what it can say of any other.
 * Rules are Graph's `patternedRecurrence`.
 */

import { addDays, dayText } from "./week.js";
import { wallTime, ZONE } from "./zone.js";

/** @typedef {import("./appointment.js").Rule} Rule */

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/**
 * @param {Date} start of the first occurrence
 * @param {number} times
 * @returns {Rule}
 */
export function weekly(start, times) {
  const day = wallTime(start).slice(0, 10);
  return {
    pattern: { type: "weekly", interval: 1, daysOfWeek: [weekdayOf(day)], firstDayOfWeek: "monday" },
    range: { type: "numbered", startDate: day, numberOfOccurrences: times, recurrenceTimeZone: ZONE },
  };
}

/**
 * @param {Rule} rule
 * @returns {boolean} whether it is of the kind that this window makes
 */
export function isWeekly({ pattern, range }) {
  return (
    pattern.type === "weekly" &&
    pattern.interval === 1 &&
    pattern.daysOfWeek.length === 1 &&
    range.type === "numbered"
  );
}

/**
 * @param {Rule} rule
 * @returns {number} how many times it says
 */
export function timesOf({ range }) {
  return range.numberOfOccurrences;
}

/**
 * @param {Rule} rule
 * @param {number} days
 * @returns {Rule | null} the rule moved by whole days; null when it is not of the kind that can be
 */
export function movedBy(rule, days) {
  if (days === 0) return rule;
  if (!isWeekly(rule)) return null;
  const startDate = addDays(rule.range.startDate, days);
  return {
    pattern: { ...rule.pattern, daysOfWeek: [weekdayOf(startDate)] },
    range: { ...rule.range, startDate },
  };
}

/**
 * @param {Rule} rule
 * @returns {string} `Varje måndag, 6 gånger`
 */
export function ruleText(rule) {
  if (!isWeekly(rule)) return "Återkommande möte";
  const weekday = dayText(rule.range.startDate, { weekday: "long" });
  return `Varje ${weekday}, ${timesOf(rule)} gånger`;
}

/**
 * @param {string} day
 * @returns {string} Graph's name of its weekday
 */
function weekdayOf(day) {
  return DAYS[new Date(`${day}T00:00Z`).getUTCDay()];
}
