/**
 * What the sandbox tells its window: the people, the calendars, and whom tokens are for.
 */

/** @typedef {{object_id: string, name: string, address: string, role: string}} Person */
/** @typedef {{name: string, address: string, delegates: string[]}} Mailbox `delegates`: object ids of those who may open it */

/**
 * @typedef {object} Config
 * @property {Person[]} users who can sign in
 * @property {Mailbox[]} mailboxes
 * @property {string} api_client audience of tokens for the service's API
 * @property {string} graph_audience audience of tokens for Graph
 */

/** @returns {Promise<Config>} */
export async function loadConfig() {
  const answer = await fetch("/window/config.json");
  if (!answer.ok) throw new Error(`/window/config.json answered ${answer.status}`);
  return answer.json();
}
