/** What the item holds when the pane is opened beside it, and which view that leads to; each opening is one of six. */

import { button, element, notice } from "./element.js";
import { isOver } from "./held_meeting.js";
import { show } from "./page.js";
import { showProgress } from "./progress_view.js";
import { booked, choose, progress, start, unlinked } from "./words.js";

export class Opening {
  #api;
  #item;
  #booking;
  #held;
  #offer;
  #series;
  #isBlind;
  #steps;
  #ways;

  /** @param {import("./appointment_pane.js").Desk} desk */
  constructor({ api, item, booking, held, offer, series, settings, steps, ways }) {
    this.#api = api;
    this.#item = item;
    this.#booking = booking;
    this.#held = held;
    this.#offer = offer;
    this.#series = series;
    this.#isBlind = settings.calendar_access === "none";
    this.#steps = steps;
    this.#ways = ways;
  }

  /** Learn what can be chosen and what the item holds, then show the right view. */
  async begin() {
    await this.#steps.attempt("start", async () => {
      await this.#offer.learn(this.#api, (await this.#item.holder()).address);
      const noUnits = notice("error", element("p", {}, choose.noUnits));
      if (this.#offer.units.length === 0)
        return show("message", start.failedTitle, [noUnits], { focus: false });
      await this.#show(await this.#held.open());
    });
  }

  /** @param {import("./held_meeting.js").Opening} opening */
  async #show(opening) {
    switch (opening) {
      case "empty":
        return this.#ways.form({ focus: false });
      case "unfinished":
        return this.#resume();
      case "gone":
        return this.#showUnlinked(unlinked.goneTitle, unlinked.gone);
      case "unlinked":
        return this.#showUnlinked(unlinked.linkTitle, unlinked.link);
      case "copy":
        return this.#showCopy();
      case "meeting":
        return this.reopen();
    }
  }

  /** A meeting found in the item is brought into step with it: room waited for, time followed, block restored. */
  async reopen() {
    const { meeting } = this.#held;
    if (isOver(meeting)) return this.#ways.meeting({ focus: false });
    if (meeting.state === "wanted")
      return this.#steps.work("waiting", progress.creating, (step) => this.#booking.finish(step));
    if ((await this.#held.hasMoved()) && (await this.#hasLedElsewhere())) return;
    if (await this.#held.isWritten()) return this.#ways.meeting({ focus: false });
    const unwritten = await this.#held.write();
    return this.#ways.meeting({
      said: unwritten.includes("block") ? "" : booked.restored,
      unwritten,
      focus: false,
    });
  }

  /**
   * The item has another time than the meeting.
   * @returns {Promise<boolean>} whether that has led to a view; false when both agree now
   */
  async #hasLedElsewhere() {
    if (this.#isBlind || !(await this.#held.isSaved())) {
      if (await this.#held.isUnproven()) this.#showCopy({ isSure: false });
      else if (await this.#series.leads()) await this.#ways.follow();
      else await this.#showTimeOfSeries();
      return true;
    }
    // The calendar is right, and the time in this window may be an old one: never written over a newer one unasked.
    if (await this.#held.agreesByCalendar()) {
      if (!isOver(this.#held.meeting)) return false;
      await this.#ways.meeting({ focus: false });
    } else if (await this.#held.isPerhapsAsked()) this.#showCopy();
    else await this.#ways.meeting({ isElsewhere: !(await this.#held.isRepeated()), focus: false });
    return true;
  }

  /** A time of the series that is not the meeting's, which only the user may take the link to. */
  async #showTimeOfSeries() {
    const series = await this.#series.now();
    if (series?.kind === "occurrence" && series.answer === "first")
      return this.#showUnlinked(unlinked.occurrenceTitle, unlinked.occurrence);
    return this.#ways.meeting({ focus: false });
  }

  /** Go on with a booking that was begun before the pane was closed or reloaded, unless that was in another item. */
  async #resume() {
    await this.#steps.attempt("resume", async () => {
      const onStep = showProgress(progress.resuming);
      const begun = await this.#booking.recall(onStep);
      if (begun === null) return this.#ways.form();
      if (begun !== "here") return this.#showCopy({ isSure: begun === "elsewhere" });
      const outcome = await this.#booking.finish(onStep);
      if (await this.#held.hasMoved()) return this.#ways.follow();
      await this.#ways.meeting({ unwritten: outcome.unwritten });
    });
  }

  /**
   * @param {string} title
   * @param {string} sentence
   */
  #showUnlinked(title, sentence) {
    const createNew = button(unlinked.createNew, "create-new", this.#steps.on(() => this.#createNew()), {
      kind: "primary",
    });
    const actions = element("div", { class: "actions" }, createNew);
    show("message", title, [notice("warning", element("p", {}, sentence)), actions], { focus: false });
  }

  /**
   * A copy shares no room with its original; what its meeting type says of copies comes first.
   * @param {{isSure?: boolean}} [how] not sure: it was moved or copied before the pane could note which item it is
   */
  #showCopy({ isSure = true } = {}) {
    const strips = this.#offer.type(this.#held.meeting.type)?.copy_rule === "strip";
    const strip = button(unlinked.strip, "strip-copy", this.#steps.on(() => this.#strip()), {
      kind: strips && isSure ? "primary" : "secondary",
    });
    const own = button(unlinked.ownMeeting, "create-new", this.#steps.on(() => this.#createNew()), {
      kind: strips || !isSure ? "secondary" : "primary",
    });
    const same = button(unlinked.same, "same-item", this.#steps.on(() => this.#claim()), {
      kind: isSure ? "plain" : "secondary",
    });
    const choices = strips ? [strip, own] : [own, strip];
    show(
      "message",
      isSure ? unlinked.copyTitle : unlinked.perhapsCopyTitle,
      [
        notice("warning", element("p", {}, isSure ? unlinked.copy : unlinked.perhapsCopy)),
        element("div", { class: "actions" }, ...(isSure ? [...choices, same] : [same, ...choices])),
      ],
      { focus: false },
    );
  }

  async #claim() {
    await this.#held.claim();
    await this.reopen();
  }

  async #createNew() {
    this.#booking.forget();
    await this.#ways.form();
  }

  /** Take the original's link out of a copy; the meeting is the original's and stays as it is. */
  async #strip() {
    await this.#steps.attempt("clean", async () => {
      await this.#ways.cleaned(await this.#held.clean(), unlinked.stripped);
    });
  }
}
