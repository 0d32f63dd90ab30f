/**
 * A meeting that somebody else organises, as an attendee sees it: to read and to answer. No add-in is offered here,
 * since ours is only for those who organise.
 */

import { removeAppointment } from "./changes.js";
import { element, part } from "./element.js";
import { tellGraphFailure } from "./failures.js";
import { facts, readableBody } from "./peek.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./changes.js").Desk} Desk */

const ANSWERS = /** @type {const} */ ([
  ["accept", "Acceptera", "Du har tackat ja."],
  ["tentativelyAccept", "Kanske", "Du har svarat kanske."],
  ["decline", "Avböj", "Du har tackat nej. Mötet ligger i Borttaget."],
]);
const ANSWERED = /** @type {Record<string, string>} */ ({
  accepted: "Du har tackat ja.",
  tentativelyAccepted: "Du har svarat kanske.",
  declined: "Du har tackat nej.",
});

export class Invitation {
  /**
   * @param {Appointment} appointment
   * @param {Desk & {onClosed: () => void}} desk
   */
  constructor(appointment, desk) {
    this.appointment = appointment;
    this.desk = desk;
    this.closed = false;
    const title = appointment.subject || "(Inget ämne)";
    part("form-title", HTMLElement).textContent = title;
    document.title = `${title} – Sandlåda`;
    part("ribbon", HTMLElement).replaceChildren(...this.commands());
    part("form", HTMLFormElement).replaceChildren(this.page(title));
  }

  /** @returns {HTMLElement[]} */
  commands() {
    const command = (/** @type {string} */ label, /** @type {() => void} */ onclick) =>
      element("button", { type: "button", onclick }, label);
    // A cancelled meeting asks for no answer.
    const answers = this.appointment.cancelled
      ? []
      : ANSWERS.map(([answer, label, said]) => command(label, () => void this.respond(answer, said)));
    answers[0]?.classList.add("primary");
    return [
      ...answers,
      command("Ta bort", () => void this.remove()),
      command("Stäng", () => this.close()),
    ];
  }

  /**
   * @param {string} title
   * @returns {HTMLElement}
   */
  page(title) {
    const { organiser, cancelled, response, masterId } = this.appointment;
    const answered = ANSWERED[response] ?? "Du har inte svarat.";
    const status = cancelled ? `${organiser} har ställt in mötet.` : answered;
    const series = masterId && !cancelled ? " Svaret gäller hela serien." : "";
    const body = element("div", {
      class: "invitation-body",
      role: "region",
      "aria-label": "Innehåll",
      tabindex: 0,
    });
    body.append(readableBody(this.appointment));
    return element(
      "div",
      { class: "invitation", "data-testid": "invitation" },
      element("p", { class: "invitation-from" }, `Inbjudan från ${organiser}. ${status}${series}`),
      element("h2", {}, title),
      facts(this.appointment),
      body,
    );
  }

  /**
   * @param {"accept" | "tentativelyAccept" | "decline"} answer
   * @param {string} said
   */
  async respond(answer, said) {
    const { mailbox, id, masterId } = this.appointment;
    try {
      await this.desk.graph.respond({ mailbox, id: masterId ?? id }, answer);
    } catch (failure) {
      tellGraphFailure(this.desk.notices, failure, "Svaret skickades inte.");
      return;
    }
    this.desk.notices.say(`${said} ${this.appointment.organiser} har fått ditt svar.`);
    this.close();
  }

  async remove() {
    if (await removeAppointment(this.appointment, this.desk)) this.close();
  }

  /** Once: an answer that comes after it must not close what is open since. */
  close() {
    if (this.closed) return;
    this.closed = true;
    this.desk.onClosed();
  }
}
