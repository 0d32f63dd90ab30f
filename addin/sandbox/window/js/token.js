/**
 * Access tokens of the signed-in person. Stands in for what the Outlook host does by itself: the sandbox issues a
 * token for whoever the window says is signed in. Tokens are kept in memory only.
 */

/** @typedef {import("./config.js").Person} Person */

/** Renewed this long before they end, so that a call never leaves with a token about to die. */
const MARGIN_MS = 60_000;

export class Tokens {
  constructor() {
    /** @type {Map<string, {token: string, until: number}>} */
    this.kept = new Map();
  }

  /**
   * A challenge (Entra's `claims`) asks for a second factor, which people here always have with them.
   * @param {Person} person
   * @param {string} audience
   * @param {string | null} [challenge]
   * @returns {Promise<string>}
   */
  async token(person, audience, challenge = null) {
    const key = `${person.object_id} ${audience}`;
    const kept = this.kept.get(key);
    if (kept && kept.until > Date.now() && challenge === null) return kept.token;
    const token = await issued(person, audience, challenge === null ? {} : { amr: ["pwd", "mfa"] });
    this.kept.set(key, { token, until: expiry(token) - MARGIN_MS });
    return token;
  }

  /** Forget all, for a token that was refused. */
  forget() {
    this.kept.clear();
  }
}

/**
 * @param {Person} person
 * @param {string} audience
 * @param {Record<string, string[]>} overrides claims that are more than usual
 * @returns {Promise<string>}
 */
async function issued(person, audience, overrides) {
  const answer = await fetch("/sandbox/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ object_id: person.object_id, audience, overrides }),
  });
  if (!answer.ok) throw new Error(`/sandbox/token answered ${answer.status}`);
  return (await answer.json()).access_token;
}

/**
 * @param {string} token
 * @returns {number} when it ends, in milliseconds since the epoch; the window trusts its own sandbox and verifies nothing
 */
function expiry(token) {
  const claims = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  return claims.exp * 1000;
}
