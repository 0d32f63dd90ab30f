/**
 * The pane in one open appointment: puts its parts together, and leads from the meeting's view on and back.
 *
 * What is shown stands in the view modules, what happens in `booking.js`, and what the item holds in `held_meeting.js`; the
 * ways to a meeting and out of it in `opening.js`, `new_meeting.js` and `removing.js`. What fails, and what must wait, is
 * `steps.js`'s.
 */

import { Api } from "./api.js";
import { Booking } from "./booking.js";
import { choicesForm } from "./choices_form.js";
import { button, element } from "./element.js";
import { isOver } from "./held_meeting.js";
import { OutlookError } from "./item.js";
import { askBeforeLinkChange, whyLinkStays } from "./link_view.js";
import { showMeeting } from "./meeting_view.js";
import { NewMeeting } from "./new_meeting.js";
import { Offer } from "./offer.js";
import { Opening } from "./opening.js";
import { show, shows } from "./page.js";
import { findIn } from "./personal_data_panel.js";
import { Removing } from "./removing.js";
import { SeriesOfItem } from "./series.js";
import { signIn } from "./sign_in.js";
import { Steps } from "./steps.js";
import { Tellings } from "./tellings.js";
import { toldAudiences } from "./texts.js";
import { booked, choose, link as linkWords, progress, written } from "./words.js";

/** @typedef {import("./booking.js").Choice} Choice */
/** @typedef {import("./steps.js").Act} Act */
/** @typedef {import("./steps.js").News} News */
/**
 * What `/pane/settings.json` gives, as far as it is used here.
 * @typedef {object} Settings
 * @property {string[]} internal_mail_domains
 * @property {string} language
 * @property {string} instance this installation's name
 * @property {"none" | "read" | "read_and_write"} calendar_access how much of calendars the service sees
 */
/**
 * What the parts of the pane share.
 * @typedef {object} Desk
 * @property {Settings} settings
 * @property {Api} api
 * @property {import("./item.js").AppointmentItem} item
 * @property {Booking} booking
 * @property {import("./held_meeting.js").HeldMeeting} held
 * @property {Offer} offer
 * @property {SeriesOfItem} series
 * @property {Steps} steps
 * @property {import("./steps.js").Ways} ways
 * @property {Tellings} tellings
 */

/** Milliseconds; Outlook on the Mac tells of a changed time twice, first with the old date (office-js issue 3396). */
const SETTLING = 700;

export class AppointmentPane {
  #access;
  #booking;
  #held;
  #offer;
  #series;
  #steps;
  #tellings;
  #opening;
  #newMeeting;
  #removing;
  /** As the view that is seen says it. @type {import("./held_meeting.js").Series | null} */
  #shownSeries = null;
  #settling = 0;
  /** Whether the item's time was changed beside a question; it is followed when the meeting is seen again. */
  #isTimeNew = false;

  /**
   * @param {Settings} settings
   * @param {import("./item.js").AppointmentItem} item
   */
  constructor(settings, item) {
    const ways = this.#ways();
    const api = new Api(signIn(Office.auth));
    this.#access = settings.calendar_access;
    const booking = new Booking(api, item, settings.instance);
    const { held } = booking;
    this.#booking = booking;
    this.#held = held;
    this.#offer = new Offer(settings.internal_mail_domains);
    this.#series = new SeriesOfItem(held, this.#offer, this.#access);
    this.#steps = new Steps(ways);
    const shared = { settings, api, item, booking, held, offer: this.#offer, series: this.#series };
    const around = { ...shared, steps: this.#steps, ways };
    this.#tellings = new Tellings(around);
    const desk = { ...around, tellings: this.#tellings };
    this.#opening = new Opening(desk);
    this.#newMeeting = new NewMeeting(desk);
    this.#removing = new Removing(desk);
  }

  /** Learn what can be chosen and what the item holds, then show the right view. */
  begin() {
    return this.#steps.once(() => this.#opening.begin());
  }

  /** The item's time was changed while it is open, or it was made a series. */
  timeChanged() {
    clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => {
      if (this.#steps.isBusy) this.timeChanged();
      else void this.#steps.unasked(() => this.#followTime());
    }, SETTLING);
  }

  /** @returns {import("./steps.js").Ways} */
  #ways() {
    return {
      form: (news) => this.#newMeeting.show(news),
      meeting: (news) => this.#showMeeting(news),
      back: () => this.#backToMeeting(),
      follow: () => this.#follow(),
      cleaned: async (left, said) => {
        this.#newMeeting.forgetChoice();
        if (left.length === 0) return this.#newMeeting.show({ said });
        this.#removing.showLeft(left);
      },
      rested: () => {
        if (this.#isTimeNew && shows("meeting")) this.timeChanged();
      },
    };
  }

  // --- The item's time ----------------------------------------------------------------------------------------------

  /** Nobody waits for it: whatever fails is shown, so that what the user asks for next does not fail with it. */
  async #followTime() {
    this.#isTimeNew = !shows("choose") && !shows("meeting");
    if (shows("choose")) return this.#newMeeting.followTime();
    if (!shows("meeting") || isOver(this.#held.meeting)) return;
    const lookAgain = () => this.#backToMeeting();
    const following = () => this.#steps.attempt("follow", () => this.#followUnlessSeries(), lookAgain);
    await this.#steps.attempt("other", following, lookAgain);
  }

  async #followUnlessSeries() {
    if ((await this.#held.hasMoved()) && (await this.#series.leads())) return this.#follow();
    const was = JSON.stringify(this.#shownSeries);
    if (JSON.stringify(await this.#series.now()) !== was) await this.#showMeeting({ focus: false });
  }

  async #follow() {
    const following = (/** @type {import("./booking.js").OnStep} */ step) => this.#booking.follow(step);
    await this.#steps.work("follow", progress.moving, following, { said: booked.moved });
  }

  /** From a question back to the meeting, whose time may have been changed meanwhile. */
  async #backToMeeting() {
    await this.#steps.attempt("follow", async () => {
      if (await this.#held.hasMoved()) await this.#follow();
      else await this.#showMeeting();
    });
  }

  // --- The meeting --------------------------------------------------------------------------------------------------

  /** @param {News} [news] */
  async #showMeeting(news = {}) {
    const { said = "", unwritten = [], trouble = null, focus = true, isElsewhere = false, answered = [] } = news;
    const { meeting } = this.#held;
    const type = this.#offer.type(meeting.type);
    const found = isOver(meeting) ? [] : await this.#found();
    this.#shownSeries = isOver(meeting) ? null : await this.#series.now();
    showMeeting(
      {
        meeting,
        typeName: this.#typeName(),
        unitName: this.#offer.unit(meeting.unit)?.name ?? meeting.unit,
        zone: this.#booking.zone,
        access: this.#access,
        series: this.#shownSeries,
        isElsewhere,
        answered,
        unwritten,
        said,
        trouble,
        found,
        texts: (link) => this.#tellings.texts(type?.audiences ?? [], link),
        report: (...told) => this.#tellings.report(...told),
        ...this.#listeners(),
      },
      { focus },
    );
  }

  /** What the buttons of the meeting's view do. */
  #listeners() {
    const on = (/** @type {Act} */ act) => this.#steps.on(act);
    return {
      onChange: on(async () => this.#showChange()),
      onLink: on(() => this.#askAboutLink()),
      onKeepLink: () => this.#answer(() => this.#booking.keepLink(), linkWords.undone),
      onRemove: on(() => this.#removing.ask()),
      onWrite: on(() => this.#writeAgain()),
      onReload: on(() => this.#reload()),
      onClean: on(() => this.#removing.clean()),
      onUseItemTime: on(() => this.#follow()),
      onCopies: (/** @type {import("./api.js").CopyAnswer} */ copies) =>
        this.#answer(() => this.#booking.answerCopies(copies), booked.copyAnswered, ["copy_asked", "copy_unwritable"]),
      onSeries: (/** @type {boolean} */ oneLink) => this.#answerSeries(oneLink),
    };
  }

  #typeName() {
    const { meeting } = this.#held;
    const type = this.#offer.type(meeting.type);
    const variants = type && type.variants.length > 1 ? type.variants : [];
    const variant = variants.find(({ id }) => id === meeting.variant);
    return [type?.name ?? meeting.type, variant?.name].filter(Boolean).join(" · ");
  }

  /** What of the item is only pointed out: where Outlook does not answer, it is done without. */
  async #found() {
    try {
      return await findIn(await this.#booking.fields(), this.#offer.allowed);
    } catch (error) {
      if (error instanceof OutlookError) return [];
      throw error;
    }
  }

  #showChange() {
    const { type, variant, unit } = this.#held.meeting;
    const form = choicesForm({
      types: this.#offer.types,
      units: this.#offer.units,
      chosen: { type, variant, unit },
      submit: choose.save,
      onSubmit: (choice) => void this.#steps.once(() => this.#change(choice)),
      extra: [
        button(
          choose.cancel,
          "cancel",
          this.#steps.on(() => this.#backToMeeting()),
          { kind: "plain" },
        ),
      ],
    });
    show("change", choose.changeTitle, [element("p", { class: "help" }, choose.changeHelp), form]);
  }

  /** @param {Choice} choice */
  async #change(choice) {
    const { type, variant, unit } = this.#held.meeting;
    const same = choice.type === type && choice.variant === variant && choice.unit === unit;
    if (same) return this.#showMeeting({ said: choose.unchanged });
    const changing = (/** @type {import("./booking.js").OnStep} */ step) => this.#booking.change(choice, step);
    await this.#steps.work("change", progress.changing, changing, { said: booked.changed });
  }

  async #writeAgain() {
    await this.#steps.attempt("write", async () => {
      const unwritten = await this.#held.write();
      await this.#showMeeting({ unwritten, said: unwritten.length === 0 ? written.done : "" });
    });
  }

  /**
   * Answer a question about the calendar item, and show what the meeting is like then.
   * @param {Act} act
   * @param {string} said
   * @param {string[]} [answered] the codes of the notes that asked
   */
  #answer(act, said, answered = []) {
    const answering = async () => {
      await act();
      await this.#showMeeting({ said, answered });
    };
    void this.#steps.once(() => this.#steps.attempt("answer", answering));
  }

  /** @param {boolean} oneLink */
  #answerSeries(oneLink) {
    if (this.#access !== "none")
      return this.#answer(() => this.#booking.answerSeries(oneLink), booked.seriesAnswered, ["series_asked"]);
    return this.#answer(() => this.#held.keepSeriesAnswer(oneLink), booked.seriesKept);
  }

  async #reload() {
    await this.#steps.attempt("other", async () => {
      await this.#held.reload();
      await this.#opening.reopen();
    });
  }

  // --- Its link -----------------------------------------------------------------------------------------------------

  /** One question, which says what becomes of those who have the old link. */
  async #askAboutLink() {
    await this.#steps.attempt("link", async () => {
      await this.#held.reload();
      const { meeting } = this.#held;
      if (meeting.link_change.possible.length === 0) return this.#showMeeting({ said: whyLinkStays(meeting) });
      askBeforeLinkChange({
        meeting,
        zone: this.#booking.zone,
        access: this.#access,
        told: toldAudiences(meeting),
        onChange: (begins) => void this.#steps.once(() => this.#changeLink(begins, meeting.join_url ?? "")),
        onKeep: this.#steps.on(() => this.#backToMeeting()),
      });
    });
  }

  /**
   * @param {import("./api.js").LinkBegins} begins
   * @param {string} old the link that the question was about
   */
  async #changeLink(begins, old) {
    const said = begins === "now" ? linkWords.changed : linkWords.asked;
    const changing = (/** @type {import("./booking.js").OnStep} */ step) => this.#booking.changeLink(begins, old, step);
    await this.#steps.work("link", progress.changingLink, changing, { said });
  }
}
