/**
 * Faults that a test may order from the Office.js stand-in, by the name of the call (`location.setAsync`):
 * fail it, or hold its answer until released. In the page as `window.sandboxFaults`.
 */

/** @typedef {{code: number, name: string, message: string}} Failure */

/** What Outlook answers when the host gives no better reason: 9020 in its own table. */
const GENERIC = { code: 9020, name: "GenericResponseError", message: "An internal error has occurred." };

export class Faults {
  constructor() {
    /** @type {Map<string, {failure: Failure, left: number}>} */
    this.failing = new Map();
    /** @type {Map<string, (() => void)[]>} */
    this.held = new Map();
  }

  /**
   * Make the next `times` calls of this name fail (all of them, when `times` is left out).
   *
   * @param {string} name
   * @param {Partial<Failure> & {times?: number}} failure
   */
  fail(name, { times = Infinity, ...failure } = {}) {
    this.failing.set(name, { failure: { ...GENERIC, ...failure }, left: times });
  }

  /**
   * Let calls of this name wait until `release`.
   *
   * @param {string} name
   */
  hold(name) {
    this.held.set(name, []);
  }

  /** @param {string} name */
  release(name) {
    const waiting = this.held.get(name) ?? [];
    this.held.delete(name);
    for (const go of waiting) go();
  }

  clear() {
    this.failing.clear();
    for (const name of [...this.held.keys()]) this.release(name);
  }

  /**
   * @param {string} name
   * @returns {Promise<Failure | null>} what this call must answer with; null when it may go on
   */
  async meet(name) {
    const waiting = this.held.get(name);
    if (waiting) await new Promise((go) => waiting.push(() => go(undefined)));
    const order = this.failing.get(name);
    if (!order) return null;
    order.left -= 1;
    if (order.left <= 0) this.failing.delete(name);
    return order.failure;
  }
}
