/**
 * One field of attendees: names as small plates that can be taken away, and a place to write the next address.
 */

import { element } from "./element.js";

/** @typedef {import("./appointment.js").Attendee} Attendee */
/** @typedef {import("./config.js").Person} Person */

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;

export class Recipients {
  /**
   * @param {"required" | "optional"} type
   * @param {string} label
   * @param {Person[]} people offered while one writes
   * @param {(attendees: Attendee[]) => void} onChange
   */
  constructor(type, label, people, onChange) {
    this.type = type;
    this.people = people;
    this.onChange = onChange;
    /** @type {Attendee[]} */
    this.attendees = [];
    const id = `attendees-${type}`;
    this.input = element("input", {
      id,
      type: "text",
      autocomplete: "off",
      list: `${id}-people`,
      "aria-describedby": `${id}-fault`,
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      oninput: () => /[;,]/.test(this.input.value) && this.take(),
      onchange: () => this.take(),
      onblur: () => this.take(),
    });
    this.plates = element("ul", { class: "plates", "aria-label": `${label} deltagare` });
    this.fault = element("p", { id: `${id}-fault`, class: "field-fault", role: "status" });
    const offered = people.map(({ name, address }) => element("option", { value: address }, name));
    this.root = element(
      "div",
      { class: "field" },
      element("label", { for: id }, label),
      element(
        "div",
        { class: "recipients" },
        this.plates,
        this.input,
        element("datalist", { id: `${id}-people` }, ...offered),
      ),
      this.fault,
    );
  }

  /** @param {Attendee[]} attendees of both types; only this field's are shown */
  show(attendees) {
    this.attendees = attendees.filter(({ type }) => type === this.type);
    this.plates.replaceChildren(...this.attendees.map((attendee) => this.plate(attendee)));
  }

  /**
   * @param {Attendee} attendee
   * @returns {HTMLElement}
   */
  plate(attendee) {
    const remove = () => {
      this.change(this.attendees.filter((one) => one !== attendee));
      this.input.focus();
    };
    const cross = element("span", { class: "cross", "aria-hidden": "true" });
    const button = element(
      "button",
      { type: "button", "aria-label": `Ta bort ${attendee.name}`, onclick: remove },
      cross,
    );
    return element("li", { class: "plate", title: attendee.address }, attendee.name, button);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Backspace" && this.input.value === "") this.change(this.attendees.slice(0, -1));
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.take();
  }

  /** Turn what is written into attendees; leave what is no address, and say so. */
  take() {
    const written = this.input.value
      .split(/[;,]/)
      .map((one) => one.trim())
      .filter(Boolean);
    const good = written.filter((one) => ADDRESS.test(one));
    const bad = written.filter((one) => !ADDRESS.test(one));
    this.fault.textContent = bad.length ? `Skriv en hel e-postadress: ${bad.join("; ")}` : "";
    this.input.value = bad.join("; ");
    const news = good.filter((address) => !this.attendees.some((one) => one.address === address));
    if (news.length) this.change([...this.attendees, ...news.map((address) => this.attendee(address))]);
  }

  /**
   * @param {string} address
   * @returns {Attendee}
   */
  attendee(address) {
    const known = this.people.find((person) => person.address === address);
    return { address, name: known?.name ?? address, type: this.type };
  }

  /** @param {Attendee[]} attendees */
  change(attendees) {
    this.show(attendees);
    this.onChange(attendees);
  }
}
