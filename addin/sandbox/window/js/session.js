/**
 * Who is signed in and whose calendar is shown. Both stand in the page's address.
 */

import { remember, remembered } from "./address.js";
import { element, part } from "./element.js";

/** @typedef {import("./config.js").Config} Config */
/** @typedef {import("./config.js").Mailbox} Mailbox */
/** @typedef {import("./config.js").Person} Person */

export class Session {
  /**
   * @param {Config} config
   * @param {() => void} onChange
   */
  constructor(config, onChange) {
    this.config = config;
    this.onChange = onChange;
    this.personChoice = part("person", HTMLSelectElement);
    this.calendarChoice = part("calendar", HTMLSelectElement);
    this.person = config.users.find(({ address }) => address === remembered("person")) ?? config.users[0];
    this.mailbox =
      this.openTo().find(({ address }) => address === remembered("calendar")) ?? this.openTo()[0];
    this.personChoice.replaceChildren(...config.users.map(({ name, address }) => option(name, address)));
    this.personChoice.addEventListener("change", () => this.signIn(this.personChoice.value));
    this.calendarChoice.addEventListener("change", () => this.look(this.calendarChoice.value));
    this.show();
  }

  /** @returns {Mailbox[]} the person's own calendar, then those that are open to the person as a delegate */
  openTo() {
    const { mailboxes } = this.config;
    const own = mailboxes.filter(({ address }) => address === this.person.address);
    return [...own, ...mailboxes.filter(({ delegates }) => delegates.includes(this.person.object_id))];
  }

  /** @param {string} address */
  signIn(address) {
    this.person = this.config.users.find((person) => person.address === address) ?? this.person;
    this.look(this.person.address);
  }

  /** @param {string} address */
  look(address) {
    this.mailbox = this.openTo().find((mailbox) => mailbox.address === address) ?? this.openTo()[0];
    this.show();
    this.onChange();
  }

  show() {
    const own = this.person.address;
    const options = this.openTo().map(({ name, address }) =>
      option(address === own ? "Min kalender" : name, address),
    );
    this.calendarChoice.replaceChildren(...options);
    this.personChoice.value = own;
    this.calendarChoice.value = this.mailbox.address;
    remember("person", own);
    remember("calendar", this.mailbox.address);
  }

  /** @param {boolean} held while an appointment is open nobody can become somebody else */
  hold(held) {
    this.personChoice.disabled = held;
  }
}

/**
 * @param {string} name
 * @param {string} address
 * @returns {HTMLOptionElement}
 */
function option(name, address) {
  return element("option", { value: address }, name);
}
