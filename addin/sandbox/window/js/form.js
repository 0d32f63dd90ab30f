/**
 * The form of one open appointment. Shows the open item, writes what is typed into it, and follows what the add-in
 * writes. Saving and closing are decided elsewhere.
 */

import { BodyEditor } from "./body_editor.js";
import { element } from "./element.js";
import { Recipients } from "./recipients.js";
import { Repeat } from "./repeat.js";
import { weekly, isWeekly, timesOf } from "./rule.js";
import { When } from "./when.js";

/** @typedef {import("./appointment.js").Attendee} Attendee */
/** @typedef {import("./config.js").Person} Person */
/** @typedef {import("./open_item.js").ChangeEvent} ChangeEvent */
/** @typedef {import("./open_item.js").OpenItem} OpenItem */

const SUBJECT_MAX = 255;
const LOCATION_MAX = 255;

export class Form {
  /**
   * @param {HTMLFormElement} root
   * @param {OpenItem} item
   * @param {Person[]} people
   * @param {string | null} whose name of the calendar's owner, when it is not the signed-in person
   */
  constructor(root, item, people, whose) {
    this.item = item;
    this.subject = this.input("subject", "Lägg till ett ämne", "subject", SUBJECT_MAX);
    this.location = this.input("location", "Lägg till en plats", "location", LOCATION_MAX);
    this.required = new Recipients("required", "Obligatoriska", people, (some) =>
      this.writeAttendees(some, "required"),
    );
    this.optional = new Recipients("optional", "Valfria", people, (some) =>
      this.writeAttendees(some, "optional"),
    );
    this.when = new When((start, end) => this.writeTimes(start, end));
    this.repeat = new Repeat((rule) => item.write({ rule }, "form"));
    this.body = new BodyEditor((body) => item.write({ body }, "form"));
    this.onChange = (/** @type {Event} */ event) => this.follow(/** @type {ChangeEvent} */ (event));
    item.addEventListener("change", this.onChange);
    root.replaceChildren(
      element("p", { class: "whose", hidden: whose === null }, `Du bokar i kalendern för ${whose}.`),
      element(
        "div",
        { class: "field" },
        element("label", { for: "subject", class: "unseen" }, "Ämne"),
        this.subject,
      ),
      this.required.root,
      this.optional.root,
      this.when.root,
      this.repeat.root,
      element("div", { class: "field" }, element("label", { for: "location" }, "Plats"), this.location),
      this.body.root,
    );
    root.onsubmit = (event) => event.preventDefault();
    this.show(["subject", "location", "start", "attendees", "rule", "body"]);
  }

  /**
   * @param {"subject" | "location"} field
   * @param {string} hint
   * @param {string} className
   * @param {number} longest
   * @returns {HTMLInputElement}
   */
  input(field, hint, className, longest) {
    const written = () => this.item.write({ [field]: input.value }, "form");
    const input = element("input", {
      id: field,
      type: "text",
      class: className,
      placeholder: hint,
      maxlength: longest,
      autocomplete: "off",
      oninput: written,
    });
    return input;
  }

  /** @param {ChangeEvent} event */
  follow({ detail }) {
    // What was typed here stands here already; writing it again would move the cursor.
    if (detail.by !== "form") this.show(detail.fields);
    else if (detail.fields.includes("rule")) this.repeat.show(this.item.now);
  }

  /** @param {string[]} fields */
  show(fields) {
    const { now } = this.item;
    if (fields.includes("subject")) this.subject.value = now.subject;
    if (fields.includes("location")) this.location.value = now.location;
    if (fields.includes("start") || fields.includes("end")) this.when.show(now.start, now.end);
    if (fields.includes("rule")) this.repeat.show(now);
    if (fields.includes("attendees"))
      for (const field of [this.required, this.optional]) field.show(now.attendees);
    if (fields.includes("body")) this.body.show(now.body);
  }

  /**
   * Write new times, and let a series begin then.
   *
   * @param {Date} start
   * @param {Date} end
   */
  writeTimes(start, end) {
    const { rule } = this.item.now;
    const series = rule && isWeekly(rule) ? { rule: weekly(start, timesOf(rule)) } : {};
    this.item.write({ start, end, ...series }, "form");
  }

  /**
   * @param {Attendee[]} some
   * @param {"required" | "optional"} type
   */
  writeAttendees(some, type) {
    const others = this.item.now.attendees.filter((attendee) => attendee.type !== type);
    this.item.write({ attendees: type === "required" ? [...some, ...others] : [...others, ...some] }, "form");
  }

  /** @returns {boolean} whether the appointment can be saved as it stands; what is wrong is shown in its place */
  ready() {
    for (const field of [this.required, this.optional]) field.take();
    return this.when.good() && this.repeat.good() && [this.required, this.optional].every(({ fault }) => fault.textContent === "");
  }

  close() {
    this.item.removeEventListener("change", this.onChange);
    this.body.close();
  }
}
