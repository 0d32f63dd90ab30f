/**
 * What the page's address remembers (person, calendar, week), so that a reload keeps it, a link leads to it, and two
 * tabs can be two people.
 */

/**
 * @param {string} name
 * @returns {string | null}
 */
export function remembered(name) {
  return new URLSearchParams(location.search).get(name);
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  const address = new URLSearchParams(location.search);
  address.set(name, value);
  history.replaceState(null, "", `?${address}`);
}
