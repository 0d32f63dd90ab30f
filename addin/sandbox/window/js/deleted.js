/**
 * Deleted Items of the shown mailbox: what was deleted, and the ways back and out.
 */

import { timeText } from "./appointment.js";
import { element, part } from "./element.js";
import { tellGraphFailure } from "./failures.js";
import { ask } from "./question.js";
import { dayText } from "./week.js";
import { wallTime } from "./zone.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {import("./notice.js").Notices} Notices */

export class DeletedItems {
  /**
   * @param {Notices} notices
   * @param {() => void} onClosed
   */
  constructor(notices, onClosed) {
    this.notices = notices;
    this.list = part("deleted", HTMLUListElement);
    this.nothing = part("deleted-nothing", HTMLElement);
    part("deleted-close", HTMLButtonElement).addEventListener("click", onClosed);
    /** @type {Graph | null} */
    this.graph = null;
    this.mailbox = "";
  }

  /**
   * @param {Graph} graph
   * @param {string} mailbox
   */
  async open(graph, mailbox) {
    [this.graph, this.mailbox] = [graph, mailbox];
    await this.refresh();
  }

  async refresh() {
    try {
      this.show((await this.graph?.deleted(this.mailbox)) ?? []);
    } catch (failure) {
      tellGraphFailure(this.notices, failure, "Borttaget kunde inte läsas.");
    }
  }

  /** @param {Appointment[]} appointments */
  show(appointments) {
    this.list.replaceChildren(...appointments.map((one) => this.row(one)));
    this.nothing.hidden = appointments.length > 0;
  }

  /**
   * @param {Appointment} appointment
   * @returns {HTMLElement}
   */
  row(appointment) {
    const name = appointment.subject || "(Inget ämne)";
    const day = dayText(wallTime(appointment.start).slice(0, 10), {
      weekday: "short",
      day: "numeric",
      month: "long",
      year: "numeric",
    });
    const button = (/** @type {string} */ label, /** @type {() => void} */ onclick) =>
      element("button", { type: "button", "aria-label": `${label}: ${name}`, onclick }, label);
    return element(
      "li",
      { class: "deleted-row", "data-testid": "deleted-row" },
      element(
        "div",
        { class: "deleted-what" },
        element("p", { class: "deleted-subject" }, name),
        element("p", { class: "deleted-when" }, `${day} kl. ${timeText(appointment)}`),
      ),
      button("Återställ", () => void this.restore(appointment)),
      button("Ta bort permanent", () => void this.purge(appointment)),
    );
  }

  /** @param {Appointment} appointment */
  async restore(appointment) {
    const others = appointment.own && appointment.attendees.length ? " Deltagarna har fått det igen." : "";
    await this.tried("Mötet återställdes inte.", async () => {
      await this.graph?.restore(appointment);
      this.notices.say(`Mötet står i kalendern igen.${others}`);
    });
  }

  /** @param {Appointment} appointment */
  async purge(appointment) {
    const text = "Det försvinner för gott. Det går inte att ångra.";
    if (!(await ask("Vill du ta bort mötet permanent?", text, "Ta bort permanent", "Behåll"))) return;
    await this.tried("Mötet togs inte bort.", async () => {
      await this.graph?.purge(appointment);
      this.notices.say("Mötet är borta för gott.");
    });
  }

  /**
   * @param {string} consequence
   * @param {() => Promise<void>} act
   */
  async tried(consequence, act) {
    try {
      await act();
    } catch (failure) {
      tellGraphFailure(this.notices, failure, consequence);
    }
    await this.refresh();
    part("deleted-close", HTMLButtonElement).focus();
  }
}
