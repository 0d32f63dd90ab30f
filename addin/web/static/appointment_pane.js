/**
 * Leads from view to view in one open appointment.
 *
 * What is shown stands in the view modules, what happens in `booking.js`; here is only which follows which. What the
 * user asks for goes through `#once`, one thing at a time; what may fail goes through `#attempt`, which says so.
 */

import { Api, Failure } from "./api.js";
import { Booking, isOver } from "./booking.js";
import { choicesForm, unitFor } from "./choices_form.js";
import { button, element, notice, unbroken } from "./element.js";
import { failureNotice } from "./failure_notice.js";
import { OutlookError } from "./item.js";
import { showMeeting } from "./meeting_view.js";
import { announce, show, shows } from "./page.js";
import { findIn, isSame, showFindings } from "./personal_data_panel.js";
import { showProgress } from "./progress_view.js";
import { recallUnit, rememberUnit } from "./remembered.js";
import { askBeforeLinkChange } from "./link_view.js";
import { askBeforeRemoval } from "./removal_view.js";
import { signIn } from "./sign_in.js";
import { toldAudiences } from "./texts.js";
import { spoken, zoneOfWholeDays } from "./time_zone.js";
import {
  booked,
  choose,
  failure,
  link as linkWords,
  personalData,
  progress,
  removal,
  start,
  texts as textWords,
  unlinked,
  written,
  wholeDays,
} from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./api.js").MeetingType} MeetingType */
/** @typedef {import("./api.js").Unit} Unit */
/** @typedef {import("./booking.js").Choice} Choice */
/** @typedef {import("./booking.js").Outcome} Outcome */
/** @typedef {import("./booking.js").Series} Series */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {import("./element.js").Child} Child */
/** @typedef {import("./personal_data_panel.js").Found} Found */
/** @typedef {import("./failure_notice.js").Attempt} Attempt */
/** @typedef {() => Promise<void>} Act */
/**
 * What `/pane/settings.json` gives, as far as it is used here.
 * @typedef {object} Settings
 * @property {string[]} internal_mail_domains
 * @property {string} language
 * @property {string} instance this installation's name
 * @property {"none" | "read" | "read_and_write"} calendar_access how much of calendars the service sees
 */
/**
 * What to show beside a view.
 * @typedef {{said?: string, unwritten?: Part[], trouble?: Child, focus?: boolean, isElsewhere?: boolean,
 *   answered?: string[]}} News
 */

/** Milliseconds; Outlook on the Mac tells of a changed time twice, first with the old date (office-js issue 3396). */
const SETTLING = 700;

export class AppointmentPane {
  #api = new Api(signIn(Office.auth));
  #item;
  #booking;
  #settings;
  /** @type {MeetingType[]} */
  #types = [];
  /** @type {Unit[]} */
  #units = [];
  /** @type {Choice | null} what the user has chosen but not yet booked */
  #choice = null;
  /** Those whose *inställt* text was copied before the meeting was removed. @type {Set<Audience>} */
  #toldOfRemoval = new Set();
  /** As the view that is seen says it. @type {Series | null} */
  #shownSeries = null;
  #busy = false;
  #settling = 0;
  /** Whether the item's time was changed beside a question; it is followed when the meeting is seen again. */
  #isTimeNew = false;
  /** The time that is being followed without anyone having asked; what the user asks for waits for it. */
  #following = Promise.resolve();

  /**
   * @param {Settings} settings
   * @param {import("./item.js").AppointmentItem} item
   */
  constructor(settings, item) {
    this.#settings = settings;
    this.#item = item;
    this.#booking = new Booking(this.#api, item, settings.instance);
  }

  /** Learn what can be chosen and what the item holds, then show the right view. */
  begin() {
    return this.#once(() => this.#begin());
  }

  /** The item's time was changed while it is open, or it was made a series. */
  timeChanged() {
    clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => {
      if (this.#busy) this.timeChanged();
      else this.#following = this.#following.then(() => this.#followTime());
    }, SETTLING);
  }

  async #begin() {
    await this.#attempt("start", async () => {
      const holder = await this.#item.holder();
      [this.#types, this.#units] = await Promise.all([
        this.#api.meetingTypes(),
        this.#api.units(holder.address),
      ]);
      const noUnits = notice("error", element("p", {}, choose.noUnits));
      if (this.#units.length === 0) return show("message", start.failedTitle, [noUnits], { focus: false });
      await this.#showOpening(await this.#booking.open());
    });
  }

  /** @param {import("./booking.js").Opening} opening */
  async #showOpening(opening) {
    switch (opening) {
      case "empty":
        return this.#showForm({ focus: false });
      case "unfinished":
        return this.#resume();
      case "gone":
        return this.#showUnlinked(unlinked.goneTitle, unlinked.gone);
      case "unlinked":
        return this.#showUnlinked(unlinked.linkTitle, unlinked.link);
      case "copy":
        return this.#showCopy();
      case "meeting":
        return this.#reopen();
    }
  }

  /** A meeting found in the item is brought into step with it: room waited for, time followed, block restored. */
  async #reopen() {
    const { meeting } = this.#booking;
    if (isOver(meeting)) return this.#showMeeting({ focus: false });
    if (meeting.state === "wanted")
      return this.#work("waiting", progress.creating, (step) => this.#booking.finish(step));
    if (await this.#booking.hasMoved()) {
      const isSeen = this.#settings.calendar_access !== "none" && (await this.#booking.isSaved());
      if (!isSeen && (await this.#booking.isUnproven())) return this.#showCopy({ isSure: false });
      if (!isSeen) return (await this.#isLeading()) ? this.#follow() : this.#showTimeOfSeries();
      // The calendar is right, and the time in this window may be an old one: never written over a newer one unasked.
      if (!(await this.#booking.agreesByCalendar())) {
        if (await this.#booking.isPerhapsAsked()) return this.#showCopy();
        return this.#showMeeting({ isElsewhere: !(await this.#booking.isRepeated()), focus: false });
      }
      if (isOver(this.#booking.meeting)) return this.#showMeeting({ focus: false });
    }
    if (await this.#booking.isWritten()) return this.#showMeeting({ focus: false });
    const unwritten = await this.#booking.write();
    return this.#showMeeting({
      said: unwritten.includes("block") ? "" : booked.restored,
      unwritten,
      focus: false,
    });
  }

  /**
   * Where the service does not see the calendar: what the user has said of the series, or else its type.
   * @returns {Promise<Series | null>} null for an item that is no series
   */
  async #series() {
    if (this.#settings.calendar_access !== "none") return null;
    const series = await this.#booking.series();
    const type = this.#types.find(({ id }) => id === this.#booking.meeting.type);
    return series && { ...series, answer: type?.series_rule === "one_link" ? "all" : series.answer };
  }

  /** @returns {Promise<boolean>} whether the meeting takes the item's time unasked: a series has more times than one */
  async #isLeading() {
    if (!(await this.#booking.isSaved())) return true;
    if (this.#settings.calendar_access !== "none") return !(await this.#booking.isRepeated());
    const series = await this.#series();
    return series === null || (series.kind === "series" && series.answer !== "all");
  }

  /** A time of the series that is not the meeting's, which only the user may take the link to. */
  async #showTimeOfSeries() {
    const series = await this.#series();
    if (series?.kind === "occurrence" && series.answer === "first")
      return this.#showUnlinked(unlinked.occurrenceTitle, unlinked.occurrence);
    return this.#showMeeting({ focus: false });
  }

  /** Go on with a booking that was begun before the pane was closed or reloaded. */
  async #resume() {
    await this.#attempt("resume", async () => {
      const outcome = await this.#booking.resume(showProgress(progress.resuming));
      if (outcome === null) return this.#showForm();
      if (await this.#booking.hasMoved()) return this.#follow();
      await this.#showMeeting({ unwritten: outcome.unwritten });
    });
  }

  /**
   * @param {string} title
   * @param {string} sentence
   */
  #showUnlinked(title, sentence) {
    const createNew = button(unlinked.createNew, "create-new", this.#on(() => this.#createNew()), {
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
    const type = this.#types.find(({ id }) => id === this.#booking.meeting.type);
    const strips = type?.copy_rule === "strip";
    const claim = async () => {
      await this.#booking.claim();
      await this.#reopen();
    };
    const strip = button(unlinked.strip, "strip-copy", this.#on(() => this.#strip()), {
      kind: strips && isSure ? "primary" : "secondary",
    });
    const own = button(unlinked.ownMeeting, "create-new", this.#on(() => this.#createNew()), {
      kind: strips || !isSure ? "secondary" : "primary",
    });
    const same = button(unlinked.same, "same-item", this.#on(claim), { kind: isSure ? "plain" : "secondary" });
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

  async #createNew() {
    this.#booking.forget();
    await this.#showForm();
  }

  /** Take the original's link out of a copy; the meeting is the original's and stays as it is. */
  async #strip() {
    await this.#attempt("clean", async () => {
      await this.#afterCleaning(await this.#booking.clean(), unlinked.stripped);
    });
  }

  /** @param {News} [news] */
  async #showForm({ said = "", trouble = null, focus = true } = {}) {
    const place = unitFor(this.#units, undefined).id;
    const form = choicesForm({
      types: this.#types,
      units: this.#units,
      chosen: this.#choice ?? { unit: recallUnit(place) },
      submit: choose.create,
      onSubmit: (choice) => {
        this.#choice = choice;
        rememberUnit(place, choice.unit);
        void this.#once(() => this.#checkAndCreate());
      },
    });
    const done = said && notice("done", element("p", {}, said));
    show("choose", choose.title, [trouble, done, await this.#timeLine(), form], { focus });
    if (said) announce(said);
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
   * Nothing is booked while the item bears personal data that has not been looked at.
   * @param {Found[]} [seen] what the user has looked at and will have there
   */
  async #checkAndCreate(seen = []) {
    await this.#attempt("create", async () => {
      const found = await this.#found();
      const isSeen = (/** @type {Found} */ one) => seen.some((other) => isSame(one, other));
      if (found.every((one) => one.tier === "confirm" && isSeen(one))) return this.#create();
      const neutralSubject = this.#neutralSubject();
      showFindings(found, {
        neutralSubject,
        onNeutral: this.#on(() => this.#useNeutralSubject(neutralSubject)),
        onAgain: this.#on(() => this.#checkAndCreate()),
        onBack: this.#on(() => this.#showForm()),
        onGoOn: this.#on(() => this.#checkAndCreate(found)),
      });
    });
  }

  /** @param {string} subject */
  async #useNeutralSubject(subject) {
    await this.#attempt("subject", async () => {
      await this.#booking.useSubject(subject);
      if ((await this.#found()).length > 0) return this.#checkAndCreate();
      await this.#showForm({ said: personalData.replaced });
    });
  }

  async #create() {
    const choice = /** @type {Choice} */ (this.#choice);
    await this.#work("create", progress.creating, (step) => this.#booking.create(choice, step));
  }

  /** @param {News} [news] */
  async #showMeeting(news = {}) {
    const { said = "", unwritten = [], trouble = null, focus = true, isElsewhere = false, answered = [] } = news;
    const { meeting } = this.#booking;
    const type = this.#types.find(({ id }) => id === meeting.type);
    const variants = type && type.variants.length > 1 ? type.variants : [];
    const variant = variants.find(({ id }) => id === meeting.variant);
    const found = isOver(meeting) ? [] : await this.#found().catch(unlessOutlook([]));
    showMeeting(
      {
        meeting,
        typeName: [type?.name ?? meeting.type, variant?.name].filter(Boolean).join(" · "),
        unitName: this.#units.find(({ id }) => id === meeting.unit)?.name ?? meeting.unit,
        zone: this.#booking.zone,
        access: this.#settings.calendar_access,
        series: (this.#shownSeries = isOver(meeting) ? null : await this.#series()),
        isElsewhere,
        answered,
        unwritten,
        said,
        trouble,
        found,
        texts: (link) => this.#textsOf(type?.audiences ?? [], link),
        report: (...told) => this.#report(...told),
        onChange: this.#on(async () => this.#showChange()),
        onLink: this.#on(() => this.#askAboutLink()),
        onKeepLink: () => this.#answer(() => this.#booking.keepLink(), linkWords.undone),
        onRemove: this.#on(() => this.#askToRemove()),
        onWrite: this.#on(() => this.#writeAgain()),
        onReload: this.#on(() => this.#reload()),
        onClean: this.#on(() => this.#clean()),
        onUseItemTime: this.#on(() => this.#follow()),
        onCopies: (copies) =>
          this.#answer(() => this.#booking.answerCopies(copies), booked.copyAnswered, ["copy_asked", "copy_unwritable"]),
        onSeries: (oneLink) => this.#answerSeries(oneLink),
      },
      { focus },
    );
  }

  #showChange() {
    const { type, variant, unit } = this.#booking.meeting;
    const form = choicesForm({
      types: this.#types,
      units: this.#units,
      chosen: { type, variant, unit },
      submit: choose.save,
      onSubmit: (choice) => void this.#once(() => this.#change(choice)),
      extra: [
        button(
          choose.cancel,
          "cancel",
          this.#on(() => this.#backToMeeting()),
          { kind: "plain" },
        ),
      ],
    });
    show("change", choose.changeTitle, [element("p", { class: "help" }, choose.changeHelp), form]);
  }

  /** @param {Choice} choice */
  async #change(choice) {
    const { type, variant, unit } = this.#booking.meeting;
    const same = choice.type === type && choice.variant === variant && choice.unit === unit;
    if (same) return this.#showMeeting({ said: choose.unchanged });
    await this.#work(
      "change",
      progress.changing,
      (step) => this.#booking.change(choice, step),
      booked.changed,
    );
  }

  /** Nobody waits for it: whatever fails is shown, so that what the user asks for next does not fail with it. */
  async #followTime() {
    this.#isTimeNew = !shows("choose") && !shows("meeting");
    if (shows("choose")) return this.#attempt("other", () => this.#refreshTimeLine(), () => this.#showForm());
    if (!shows("meeting") || isOver(this.#booking.meeting)) return;
    const lookAgain = () => this.#backToMeeting();
    await this.#attempt("other", () => this.#attempt("follow", () => this.#followMeeting(), lookAgain), lookAgain);
  }

  async #followMeeting() {
    if ((await this.#booking.hasMoved()) && (await this.#isLeading())) return this.#follow();
    const was = JSON.stringify(this.#shownSeries);
    if (JSON.stringify(await this.#series()) !== was) await this.#showMeeting({ focus: false });
  }

  async #refreshTimeLine() {
    document.querySelector(".when")?.replaceWith(await this.#timeLine());
  }

  async #follow() {
    await this.#work("follow", progress.moving, (step) => this.#booking.follow(step), booked.moved);
  }

  /** From a question back to the meeting, whose time may have been changed meanwhile. */
  async #backToMeeting() {
    await this.#attempt("follow", async () => {
      if (await this.#booking.hasMoved()) await this.#follow();
      else await this.#showMeeting();
    });
  }

  async #writeAgain() {
    await this.#attempt("write", async () => {
      const unwritten = await this.#booking.write();
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
    void this.#once(() => this.#attempt("answer", answering));
  }

  /** @param {boolean} oneLink */
  #answerSeries(oneLink) {
    if (this.#settings.calendar_access !== "none")
      return this.#answer(() => this.#booking.answerSeries(oneLink), booked.seriesAnswered, ["series_asked"]);
    return this.#answer(() => this.#booking.keepSeriesAnswer(oneLink), booked.seriesKept);
  }

  async #reload() {
    await this.#attempt("other", async () => {
      await this.#booking.reload();
      await this.#reopen();
    });
  }

  /** One question, which says what becomes of those who have the old link. */
  async #askAboutLink() {
    await this.#attempt("link", async () => {
      await this.#booking.reload();
      const { meeting } = this.#booking;
      if (meeting.link_change.possible.length === 0) return this.#showMeeting({ said: linkWords.tooLate });
      askBeforeLinkChange({
        meeting,
        zone: this.#booking.zone,
        access: this.#settings.calendar_access,
        told: toldAudiences(meeting),
        onChange: (begins) => void this.#once(() => this.#changeLink(begins)),
        onKeep: this.#on(() => this.#backToMeeting()),
      });
    });
  }

  /** @param {import("./api.js").LinkBegins} begins */
  async #changeLink(begins) {
    const said = begins === "now" ? linkWords.changed : linkWords.asked;
    await this.#work("link", progress.changingLink, (step) => this.#booking.changeLink(begins, step), said);
  }

  async #askToRemove() {
    await this.#attempt("remove", async () => {
      await this.#booking.reload();
      this.#toldOfRemoval.clear();
      const told = toldAudiences(this.#booking.meeting);
      askBeforeRemoval({
        told,
        texts: await this.#textsOf(told, "current"),
        report: async (audience, what, asOf) => {
          this.#toldOfRemoval.add(audience);
          return this.#report("current", audience, what, asOf);
        },
        onRemove: this.#on(() => this.#remove()),
        onKeep: this.#on(() => this.#backToMeeting()),
      });
    });
  }

  async #remove() {
    await this.#attempt("remove", async () => {
      const { gone, left } = await this.#booking.remove(showProgress(progress.removing), [...this.#toldOfRemoval]);
      await this.#afterCleaning(left, gone ? removal.done : removal.pending);
    });
  }

  /** Take out of the item what is left of a meeting that has been removed. */
  async #clean() {
    await this.#attempt("clean", async () => {
      await this.#afterCleaning(await this.#booking.clean(), removal.done);
    });
  }

  /**
   * @param {Part[]} left
   * @param {string} said
   */
  async #afterCleaning(left, said) {
    this.#choice = null;
    if (left.length === 0) return this.#showForm({ said });
    const parts = left.map((part) => element("p", { "data-unwritten": part }, written.cleanPart[part]));
    const again = button(
      written.retry,
      "clean",
      this.#on(() => this.#clean()),
    );
    show("message", booked.titleOver, [
      notice("error", element("p", {}, written.cleanFailed), ...parts, again),
    ]);
  }

  async #found() {
    const telephoneNumbers = this.#units.map((unit) => unit.telephone);
    return findIn(await this.#booking.fields(), {
      mailDomains: this.#settings.internal_mail_domains,
      telephoneNumbers,
    });
  }

  #neutralSubject() {
    const choice = /** @type {Choice} */ (this.#choice);
    const type = /** @type {MeetingType} */ (this.#types.find(({ id }) => id === choice.type));
    return type.neutral_subject[choice.variant];
  }

  /**
   * @param {Audience[]} audiences
   * @param {import("./api.js").WhichLink} link
   */
  #textsOf(audiences, link) {
    const { id } = this.#booking.meeting;
    const { language } = this.#settings;
    return Promise.all(audiences.map((audience) => this.#api.texts(id, audience, language, link)));
  }

  /**
   * @param {import("./api.js").WhichLink} link
   * @param {Audience} audience
   * @param {import("./api.js").Told} what
   * @param {import("./api.js").AsOf} asOf
   */
  async #report(link, audience, what, asOf) {
    const meeting = await this.#booking.copied(audience, what, link, asOf);
    const isOlder = meeting.revision !== asOf.revision && meeting.told_stale.includes(audience);
    if (isOlder && shows("meeting")) void this.#once(() => this.#showChangedSince());
    return meeting;
  }

  /** What is on the clipboard is old: the meeting was changed elsewhere since its texts were fetched. */
  async #showChangedSince() {
    const trouble = notice("error", element("p", {}, textWords.changedSince));
    const isElsewhere =
      !isOver(this.#booking.meeting) && (await this.#booking.hasMoved()) && !(await this.#booking.isRepeated());
    await this.#showMeeting({ trouble, isElsewhere });
  }

  /**
   * Do something with the meeting under a progress view, then show it.
   * @param {Attempt} attempt
   * @param {string} heading
   * @param {(step: import("./booking.js").OnStep) => Promise<Outcome>} act
   * @param {string} [said]
   */
  async #work(attempt, heading, act, said = "") {
    const isSaved = attempt === "change" || attempt === "follow" || attempt === "link";
    const names = isSaved ? { booking: progress.saving } : {};
    await this.#attempt(attempt, async () => {
      const { meeting, unwritten } = await act(showProgress(heading, names));
      await this.#showMeeting({ unwritten, said: meeting.join_url === null ? "" : said });
    });
  }

  /**
   * A listener that starts `act` unless something is under way: a second click while the first one works.
   * @param {Act} act
   */
  #on(act) {
    return () => void this.#once(act);
  }

  /** @param {Act} act */
  async #once(act) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#following;
      await this.#attempt("other", act); // What has no words of its own for its failure.
    } finally {
      this.#busy = false;
      if (this.#isTimeNew && shows("meeting")) this.timeChanged();
    }
  }

  /**
   * Do `act`; a failure is shown where it belongs, with a way to try the same again.
   * @param {Attempt} attempt
   * @param {Act} act
   * @param {Act} [again] where the same again would lead nowhere, since the view from which it was begun is gone
   */
  async #attempt(attempt, act, again = () => this.#attempt(attempt, act)) {
    try {
      await act();
    } catch (error) {
      // A booking is only tried again after another look for personal data.
      const retry = attempt === "create" ? () => this.#checkAndCreate() : again;
      await this.#showTrouble(error, attempt, failureNotice(error, attempt, this.#on(retry)));
    }
  }

  /**
   * @param {unknown} error
   * @param {Attempt} attempt
   * @param {HTMLElement} trouble
   */
  async #showTrouble(error, attempt, trouble) {
    const changedElsewhere = error instanceof Failure && error.status === 412;
    if (changedElsewhere) {
      await this.#showMeeting({ trouble: notice("warning", element("p", {}, booked.changedElsewhere)) });
    } else if (attempt === "create" && error instanceof Failure) await this.#showForm({ trouble });
    else if (["answer", "change", "follow", "link", "remove"].includes(attempt)) await this.#showMeeting({ trouble });
    else {
      // The heading says it already.
      trouble.querySelector(".notice-title")?.remove();
      show("message", attempt === "start" ? start.failedTitle : failure.title, [trouble]);
    }
  }
}

/**
 * Answer `instead` when Outlook did not answer; for what is only looked at and can be done without.
 * @template T
 * @param {T} instead
 * @returns {(error: unknown) => T}
 */
function unlessOutlook(instead) {
  return (error) => {
    if (error instanceof OutlookError) return instead;
    throw error;
  };
}
