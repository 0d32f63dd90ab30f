/**
 * Puts the window together and goes between its two views: the week, and one open appointment.
 */

import { blankAppointment } from "./appointment.js";
import { Calendar } from "./calendar.js";
import { ALL, ONE, copyTo, removeAppointment, reschedule } from "./changes.js";
import { Compose } from "./compose.js";
import { loadConfig } from "./config.js";
import { DeletedItems } from "./deleted.js";
import { part } from "./element.js";
import { tellGraphFailure } from "./failures.js";
import { Faults } from "./faults.js";
import { Graph } from "./graph.js";
import { Homes } from "./homes.js";
import { Invitation } from "./invitation.js";
import { loadManifest } from "./manifest.js";
import { Notices } from "./notice.js";
import { choose } from "./question.js";
import { Session } from "./session.js";
import { Tokens } from "./token.js";
import { Turns } from "./turns.js";

/** @typedef {import("./appointment.js").Appointment} Appointment */
/** @typedef {import("./config.js").Config} Config */
/** @typedef {import("./manifest.js").Manifest} Manifest */

class OutlookWindow {
  /**
   * @param {Config} config
   * @param {Manifest} manifest
   * @param {Notices} notices
   */
  constructor(config, manifest, notices) {
    this.config = config;
    this.manifest = manifest;
    this.notices = notices;
    this.faults = new Faults();
    this.tokens = new Tokens();
    this.turns = new Turns();
    /** @type {Compose | Invitation | null} */
    this.compose = null;
    this.deleted = new DeletedItems(notices, () => void this.closeDeleted());
    part("show-deleted", HTMLButtonElement).addEventListener("click", () => void this.openDeleted());
    this.calendar = new Calendar(notices, {
      onNew: (start, end) => this.openForm(blankAppointment(this.session.mailbox.address, start, end)),
      onOpen: (appointment) => void this.open(appointment),
      onRemove: (appointment) => void this.remove(appointment),
      onMove: (appointment, start, end) =>
        this.turns.take(appointment, () => reschedule(appointment, start, end, this)),
      onCopy: (appointment, start) => void this.copy(appointment, start),
    });
    this.session = new Session(config, () => void this.showCalendar());
    this.graph = this.graphOfPerson();
  }

  /** @returns {Graph} */
  graphOfPerson() {
    return new Graph(this.session.person, this.tokens, this.config.graph_audience, this.manifest.id);
  }

  async showCalendar() {
    this.graph = this.graphOfPerson();
    this.showView("calendar-view");
    await this.calendar.open(this.graph, this.session.mailbox.address);
  }

  async openDeleted() {
    this.notices.clear();
    await this.deleted.open(this.graph, this.session.mailbox.address);
    this.showView("deleted-view");
    document.title = "Borttaget – Sandlåda";
    part("deleted-close", HTMLButtonElement).focus();
  }

  async closeDeleted() {
    this.showView("calendar-view");
    document.title = "Kalender – Sandlåda";
    part("show-deleted", HTMLButtonElement).focus();
    await this.calendar.refresh();
  }

  /**
   * @param {Appointment} appointment
   * @param {Date} start in the calendar that is shown
   */
  async copy(appointment, start) {
    const { address } = this.session.mailbox;
    await this.turns.take(appointment, () => copyTo(appointment, address, start, this));
    await this.calendar.refresh();
  }

  /** @param {Appointment} appointment as the week knows it; read again, since lists leave out custom properties */
  async open(appointment) {
    const { masterId, own, mailbox, id } = appointment;
    const text = "Mötet återkommer. Du kan öppna den här gången eller hela serien.";
    const scope =
      masterId && own ? await choose("Vad vill du öppna?", text, [ONE, ALL], "Avbryt") : ONE;
    if (!scope) return;
    const { graph } = this;
    try {
      const whole = String(scope === ALL ? masterId : id);
      const read = await this.turns.take(appointment, () => graph.appointment(mailbox, whole));
      // Somebody else may have signed in meanwhile, or another calendar be shown.
      if (graph === this.graph) this.openForm(read);
    } catch (failure) {
      tellGraphFailure(this.notices, failure, "Mötet kunde inte öppnas.");
      await this.calendar.refresh();
    }
  }

  /** @param {Appointment} appointment */
  openForm(appointment) {
    if (this.compose) return;
    const { person, mailbox } = this.session;
    this.notices.clear();
    if (!appointment.own) {
      const { graph, notices } = this;
      this.compose = new Invitation(appointment, { graph, notices, onClosed: () => void this.closeForm() });
      this.showView("form-view");
      part("ribbon", HTMLElement).querySelector("button")?.focus();
      return;
    }
    this.compose = new Compose(appointment, {
      config: this.config,
      manifest: this.manifest,
      graph: this.graph,
      notices: this.notices,
      faults: this.faults,
      person,
      owner: mailbox,
      accessToken: (challenge) => this.tokens.token(person, this.config.api_client, challenge),
      onClosed: () => void this.closeForm(),
    });
    this.showView("form-view");
    part("subject", HTMLInputElement).focus();
  }

  async closeForm() {
    this.compose = null;
    this.showView("calendar-view");
    document.title = "Kalender – Sandlåda";
    part("new-meeting", HTMLButtonElement).focus();
    await this.calendar.refresh();
  }

  /** @param {Appointment} appointment */
  async remove(appointment) {
    if (await this.turns.take(appointment, () => removeAppointment(appointment, this)))
      await this.calendar.refresh();
  }

  /** @param {string} shown id of the one view to be seen */
  showView(shown) {
    for (const view of ["form-view", "calendar-view", "deleted-view"])
      part(view, HTMLElement).hidden = view !== shown;
    this.session.hold(shown === "form-view");
  }
}

/** Without a manifest the calendar works and the ribbon has no add-in: as in a mailbox where none is installed. */
const NO_ADDIN = { id: "", name: "", sharedFolders: false, buttons: [] };

async function begin() {
  const notices = new Notices(part("notices", HTMLElement));
  const config = await loadConfig();
  const manifest = await loadManifest().catch((failure) => {
    console.error(failure);
    notices.fail(
      "Tillägget kunde inte läsas, så knappen Skyddat vårdmöte saknas. Starta om sandlådan med ett manifest.",
    );
    return NO_ADDIN;
  });
  new Homes(notices);
  const outlook = new OutlookWindow(config, manifest, notices);
  Object.assign(window, { sandboxFaults: outlook.faults });
  await outlook.showCalendar();
  document.documentElement.dataset.ready = "true";
}

await begin();
