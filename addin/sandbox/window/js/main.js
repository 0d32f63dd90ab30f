/**
 * Puts the window together and goes between its two views: the week, and one open appointment.
 */

import { blankAppointment } from "./appointment.js";
import { Calendar } from "./calendar.js";
import { Compose, removeAppointment, tellGraphFailure } from "./compose.js";
import { loadConfig } from "./config.js";
import { part } from "./element.js";
import { Faults } from "./faults.js";
import { Graph } from "./graph.js";
import { loadManifest } from "./manifest.js";
import { Notices } from "./notice.js";
import { Session } from "./session.js";
import { Tokens } from "./token.js";

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
    /** @type {Compose | null} */
    this.compose = null;
    this.calendar = new Calendar(notices, {
      onNew: (start, end) => this.openForm(blankAppointment(this.session.mailbox.address, start, end)),
      onOpen: (appointment) => void this.open(appointment),
      onRemove: (appointment) => void this.remove(appointment),
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
    await this.calendar.open(this.graph, this.session.mailbox.address);
  }

  /** @param {Appointment} appointment as the week knows it; read again, since lists leave out custom properties */
  async open(appointment) {
    try {
      this.openForm(await this.graph.appointment(appointment.mailbox, String(appointment.id)));
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
    this.compose = new Compose(appointment, {
      config: this.config,
      manifest: this.manifest,
      graph: this.graph,
      notices: this.notices,
      faults: this.faults,
      person,
      owner: mailbox,
      accessToken: () => this.tokens.token(person, this.config.api_client),
      onClosed: () => void this.closeForm(),
    });
    this.showView(true);
    part("subject", HTMLInputElement).focus();
  }

  async closeForm() {
    this.compose = null;
    this.showView(false);
    document.title = "Kalender – Sandlåda";
    part("new-meeting", HTMLButtonElement).focus();
    await this.calendar.refresh();
  }

  /** @param {Appointment} appointment */
  async remove(appointment) {
    if (await removeAppointment(appointment, this)) await this.calendar.refresh();
  }

  /** @param {boolean} formOpen */
  showView(formOpen) {
    part("form-view", HTMLElement).hidden = !formOpen;
    part("calendar-view", HTMLElement).hidden = formOpen;
    this.session.hold(formOpen);
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
  const outlook = new OutlookWindow(config, manifest, notices);
  Object.assign(window, { sandboxFaults: outlook.faults });
  await outlook.showCalendar();
  document.documentElement.dataset.ready = "true";
}

await begin();
