/**
 * An appointment being written: form, ribbon, task pane and the add-in's host together, from opening to saved, sent,
 * discarded or removed.
 */

import { removeAppointment } from "./changes.js";
import { part } from "./element.js";
import { tellGraphFailure } from "./failures.js";
import { Form } from "./form.js";
import { OfficeHost } from "./office_host.js";
import { OpenItem } from "./open_item.js";
import { ask } from "./question.js";
import { Ribbon } from "./ribbon.js";
import { TaskPane } from "./task_pane.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./config.js").Config} Config */
/** @typedef {import("./config.js").Mailbox} Mailbox */
/** @typedef {import("./config.js").Person} Person */
/** @typedef {import("./faults.js").Faults} Faults */
/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./manifest.js").PaneButton} PaneButton */
/** @typedef {import("./notice.js").Notices} Notices */

/**
 * @typedef {object} Desk what an open appointment needs around it
 * @property {Config} config
 * @property {Manifest} manifest
 * @property {Graph} graph
 * @property {Notices} notices
 * @property {Faults} faults
 * @property {Person} person who is signed in
 * @property {Mailbox} owner whose calendar it is
 * @property {(challenge: string | null) => Promise<string>} accessToken for the add-in's service
 * @property {() => void} onClosed
 */

export class Compose {
  /**
   * @param {Appointment} appointment
   * @param {Desk} desk
   */
  constructor(appointment, desk) {
    this.desk = desk;
    const shared = desk.owner.address !== desk.person.address;
    this.item = new OpenItem(appointment, shared);
    const whose = shared ? desk.owner.name : null;
    this.form = new Form(part("form", HTMLFormElement), this.item, desk.config.users, whose);
    this.ribbon = new Ribbon(part("ribbon", HTMLElement), this.buttons(), this.item.stored !== null, {
      onSave: () => void this.save(),
      onDiscard: () => void this.discard(),
      onRemove: () => void this.remove(),
      onPane: (button) => this.openPane(button),
    });
    this.pane = new TaskPane(part("pane", HTMLElement), part("pane-edge", HTMLElement));
    /** @type {OfficeHost | null} */
    this.host = null;
    this.closed = false;
    this.item.addEventListener("change", () => this.showTitle());
    this.showTitle();
  }

  /** @returns {PaneButton[]} in a delegate's view only of an add-in whose manifest supports shared folders */
  buttons() {
    const { manifest } = this.desk;
    return this.item.shared && !manifest.sharedFolders ? [] : manifest.buttons;
  }

  showTitle() {
    const { subject, attendees } = this.item.now;
    const whose = this.item.shared ? ` i kalendern för ${this.desk.owner.name}` : "";
    part("form-title", HTMLElement).textContent = `${subject || "Nytt möte"}${whose}`;
    document.title = `${subject || "Nytt möte"} – Sandlåda`;
    this.ribbon.show(attendees.length > 0);
  }

  /** @param {PaneButton} button */
  openPane(button) {
    this.closePane();
    const frame = this.pane.open(button.label, button.paneUrl, () => {
      this.closePane();
      this.ribbon.focusAddin();
    });
    this.host = new OfficeHost({
      frame,
      origin: new URL(button.paneUrl).origin,
      item: this.item,
      person: this.desk.person,
      owner: this.desk.owner,
      faults: this.desk.faults,
      accessToken: this.desk.accessToken,
    });
    frame.src = button.paneUrl;
  }

  closePane() {
    this.host?.close();
    this.host = null;
    this.pane.close();
  }

  async save() {
    if (!this.form.ready()) return;
    const { now, stored } = this.item;
    this.ribbon.hold(true);
    try {
      await this.desk.graph.save(now, stored);
    } catch (failure) {
      this.ribbon.hold(false);
      this.tell(failure, "Mötet sparades inte.");
      return;
    }
    const sent = "Mötet är sparat och skickat till deltagarnas kalendrar i regionen.";
    this.desk.notices.say(now.attendees.length ? sent : "Mötet är sparat i kalendern.");
    this.close();
  }

  async discard() {
    const text = "Det du har ändrat sedan mötet öppnades sparas inte.";
    if (this.item.touched && !(await ask("Vill du slänga ändringarna?", text, "Släng", "Fortsätt redigera")))
      return;
    this.close();
  }

  async remove() {
    if (await removeAppointment(this.item.now, this.desk)) this.close();
  }

  /**
   * @param {unknown} failure
   * @param {string} consequence
   */
  tell(failure, consequence) {
    tellGraphFailure(this.desk.notices, failure, consequence);
  }

  /** Once: an answer that comes after it must not close what is open since. */
  close() {
    if (this.closed) return;
    this.closed = true;
    this.closePane();
    this.form.close();
    this.desk.onClosed();
  }
}
