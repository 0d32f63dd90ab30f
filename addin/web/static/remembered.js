/**
 * The unit last booked for in this browser: its id, nothing else.
 *
 * Meeting type and variant are not remembered: every booking begins with the first type, the one for patients, so that
 * nobody books the wrong kind by habit. A browser may deny storage to a framed page; then the defaults serve.
 */

const KEY = "skyddat-vardmote.unit";

/**
 * @param {string} place what the unit holds for: the default unit of the mailbox
 * @returns {string | undefined}
 */
export function recallUnit(place) {
  try {
    return localStorage.getItem(`${KEY}.${place}`) ?? undefined;
  } catch {
    return undefined; // Denied.
  }
}

/**
 * @param {string} place
 * @param {string} unit
 */
export function rememberUnit(place, unit) {
  try {
    localStorage.setItem(`${KEY}.${place}`, unit);
  } catch {
    // Denied or full: the pane works without a memory.
  }
}
