/** The way to a new meeting: the form, the look for personal data that comes before every booking, and the booking. */

import { choicesForm, unitFor } from "./choices_form.js";
import { element, notice, unbroken } from "./element.js";
import { announce, show } from "./page.js";
import { findIn, isSame, showFindings } from "./personal_data_panel.js";
import { recallUnit, rememberUnit } from "./remembered.js";
import { spoken, zoneOfWholeDays } from "./time_zone.js";
import { choose, personalData, progress, wholeDays } from "./words.js";

/** @typedef {import("./booking.js").Choice} Choice */
/** @typedef {import("./personal_data_panel.js").Found} Found */

export class NewMeeting {
  #item;
  #booking;
  #offer;
  #steps;
  /** @type {Choice | null} what the user has chosen but not yet booked */
  #choice = null;

  /** @param {import("./appointment_pane.js").Desk} desk */
  constructor({ item, booking, offer, steps }) {
    this.#item = item;
    this.#booking = booking;
    this.#offer = offer;
    this.#steps = steps;
  }

  /** @param {import("./steps.js").News} [news] */
  async show({ said = "", trouble = null, focus = true } = {}) {
    const { types, units } = this.#offer;
    const place = unitFor(units, undefined).id;
    const form = choicesForm({
      types,
      units,
      chosen: this.#choice ?? { unit: recallUnit(place) },
      submit: choose.create,
      onSubmit: (choice) => {
        this.#choice = choice;
        rememberUnit(place, choice.unit);
        void this.#steps.once(() => this.#checkAndCreate());
      },
    });
    const done = said && notice("done", element("p", {}, said));
    show("choose", choose.title, [trouble, done, await this.#timeLine(), form], { focus });
    if (said) announce(said);
  }

  /** The item's time was changed while the form is seen, whose choices stay. */
  async followTime() {
    const refresh = async () => document.querySelector(".when")?.replaceWith(await this.#timeLine());
    await this.#steps.attempt("other", refresh, () => this.show());
  }

  /** What was chosen for a meeting that has been removed is not chosen for the next. */
  forgetChoice() {
    this.#choice = null;
  }

  /** The time that will be booked, as the item has it now. */
  async #timeLine() {
    const { start: from, end } = await this.#item.span();
    const { zone } = this.#booking;
    const help = zoneOfWholeDays(from, end, zone) && ` ${wholeDays.help}`;
    const time = `${spoken(from, end, zone)}${help ? "." : ""}`;
    return element("p", { class: "when" }, element("strong", {}, `${choose.when}: `), ...unbroken(time), help);
  }

  /**
   * Nothing is booked while the item bears personal data that has not been looked at; also not when it is tried again.
   * @param {Found[]} [seen] what the user has looked at and will have there
   */
  async #checkAndCreate(seen = []) {
    const checking = async () => {
      const found = await this.#found();
      const isSeen = (/** @type {Found} */ one) => seen.some((other) => isSame(one, other));
      if (found.every((one) => one.tier === "confirm" && isSeen(one))) return this.#create();
      this.#showFindings(found);
    };
    await this.#steps.attempt("create", checking, () => this.#checkAndCreate());
  }

  /** @param {Found[]} found at least one */
  #showFindings(found) {
    const neutralSubject = this.#neutralSubject();
    showFindings(found, {
      neutralSubject,
      onNeutral: this.#steps.on(() => this.#useNeutralSubject(neutralSubject)),
      onAgain: this.#steps.on(() => this.#checkAndCreate()),
      onBack: this.#steps.on(() => this.show()),
      onGoOn: this.#steps.on(() => this.#checkAndCreate(found)),
    });
  }

  /** @param {string} subject */
  async #useNeutralSubject(subject) {
    await this.#steps.attempt("subject", async () => {
      await this.#booking.useSubject(subject);
      if ((await this.#found()).length > 0) return this.#checkAndCreate();
      await this.show({ said: personalData.replaced });
    });
  }

  async #create() {
    const choice = /** @type {Choice} */ (this.#choice);
    const again = () => this.#checkAndCreate();
    await this.#steps.work("create", progress.creating, (step) => this.#booking.create(choice, step), { again });
  }

  async #found() {
    return findIn(await this.#booking.fields(), this.#offer.allowed);
  }

  #neutralSubject() {
    const choice = /** @type {Choice} */ (this.#choice);
    const type = /** @type {import("./api.js").MeetingType} */ (this.#offer.type(choice.type));
    return type.neutral_subject[choice.variant];
  }
}
