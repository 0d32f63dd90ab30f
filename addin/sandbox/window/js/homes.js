/**
 * The switch that says where the region's mailboxes are: Exchange Online, or Exchange on premises. Moves all of
 * those that use the service, as a migration would; the calendars stay as they are.
 */

import { part } from "./element.js";

/** @typedef {import("./notice.js").Notices} Notices */

const LEVER = "/sandbox/exchange/mailboxes";
const SAID = /** @type {Record<string, string>} */ ({
  online: "Alla postlådor ligger nu i Exchange Online.",
  on_premises: "Alla postlådor ligger nu i regionens egen Exchange.",
});

export class Homes {
  /** @param {Notices} notices */
  constructor(notices) {
    this.notices = notices;
    this.choice = part("home", HTMLSelectElement);
    this.choice.addEventListener("change", () => void this.move());
    void this.show();
  }

  async show() {
    const answer = await fetch(LEVER);
    const { mailboxes } = await answer.json();
    const theirs = mailboxes.filter((/** @type {{in_scope: boolean}} */ one) => one.in_scope);
    const homes = new Set(theirs.map((/** @type {{home: string}} */ one) => one.home));
    this.choice.value = homes.size === 1 ? [...homes][0] : "";
  }

  async move() {
    const home = this.choice.value;
    const answer = await fetch(LEVER, { method: "POST", body: JSON.stringify({ all: true, home }) });
    if (answer.ok) this.notices.say(SAID[home]);
    else this.notices.fail("Postlådorna flyttades inte. Ladda om sidan och försök igen.");
  }
}
