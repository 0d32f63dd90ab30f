/**
 * The last choices made in this browser: ids of meeting type, variant and unit, nothing else.
 *
 * A browser may deny storage to a framed page; then the defaults serve.
 */

/** @typedef {{type?: string, variant?: string, unit?: string}} Choices */

const KEY = "skyddat-vardmote.choices";

/**
 * @param {string} place what the choices hold for: the default unit of the mailbox
 * @returns {Choices}
 */
export function recall(place) {
  try {
    const kept = JSON.parse(localStorage.getItem(`${KEY}.${place}`) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {}; // Denied, or written by something else.
  }
}

/**
 * @param {string} place
 * @param {Choices} choices
 */
export function remember(place, { type, variant, unit }) {
  try {
    localStorage.setItem(`${KEY}.${place}`, JSON.stringify({ type, variant, unit }));
  } catch {
    // Denied or full: the pane works without a memory.
  }
}
