/** The meeting of the open item: how it stands, its texts, and what can be done with it. */

import { button, element, notice, refill, unbroken } from "./element.js";
import { isOver } from "./held_meeting.js";
import { comingNotice, linkButton } from "./link_view.js";
import { findingsList } from "./personal_data_panel.js";
import { announce, show } from "./page.js";
import { audienceSection, cancelledSection, staleNames, textlessSection } from "./texts.js";
import { spoken } from "./time_zone.js";
import { booked, choose, failure, link as linkWords, texts as textWords, written } from "./words.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {import("./element.js").Child} Child */
/** @typedef {import("./personal_data_panel.js").Found} Found */
/**
 * @typedef {object} MeetingShown
 * @property {Meeting} meeting
 * @property {string} typeName
 * @property {string} unitName
 * @property {string} zone IANA
 * @property {"none" | "read" | "read_and_write"} access how much of calendars the service sees
 * @property {import("./held_meeting.js").Series | null} series how the item stands in a series, when only the pane sees it
 * @property {string[]} answered codes of notes whose question has just been answered
 * @property {boolean} isElsewhere whether the item in this window has another time than the meeting
 * @property {Part[]} unwritten what could not be written into the item
 * @property {string} said what has just happened, shown and spoken; empty for nothing
 * @property {Child} trouble a failure that leaves the meeting as it is
 * @property {Found[]} found personal data in the item
 * @property {(link: import("./api.js").WhichLink) => Promise<Texts[]>} texts
 * @property {(link: import("./api.js").WhichLink, ...told: Parameters<import("./texts.js").Report>) => Promise<Meeting>} report
 * @property {() => void} onChange
 * @property {() => void} onLink
 * @property {() => void} onKeepLink
 * @property {() => void} onRemove
 * @property {() => void} onWrite
 * @property {() => void} onReload
 * @property {() => void} onClean
 * @property {() => void} onUseItemTime
 * @property {(copies: import("./api.js").CopyAnswer) => void} onCopies
 * @property {(oneLink: boolean) => void} onSeries
 */

/**
 * @param {MeetingShown} shown
 * @param {{focus?: boolean}} [options]
 */
export function showMeeting(shown, options) {
  const { meeting, said, report } = shown;
  const ready = meeting.join_url !== null && !isOver(meeting);
  const audiences = element("div", { class: "audiences" });
  const stale = element("div", {}, ...staleNotice(meeting));
  show(
    "meeting",
    title(meeting),
    [
      shown.trouble,
      ...troubles(shown),
      ...calendarNotes(shown),
      stale,
      said && notice("done", element("p", {}, said)),
      facts(shown),
      meeting.unbound && ready && element("p", { class: "unsaved" }, booked.save),
      ...(isOver(meeting) ? over(shown) : []),
      (ready || isOver(meeting)) && audiences,
      ready && startSection(meeting),
      !isOver(meeting) && element("p", { class: "help own-way" }, booked.ownWay[shown.access]),
      !isOver(meeting) && actions(shown),
    ],
    options,
  );
  if (said) announce(said);
  const reportAndMark = async (/** @type {Parameters<typeof report>} */ ...copied) => {
    const now = await report(...copied);
    stale.replaceChildren(...staleNotice(now));
    return now;
  };
  if (ready) void fillTexts(audiences, { ...shown, report: reportAndMark });
  else if (isOver(meeting)) void fillCancelled(audiences, { ...shown, report: reportAndMark });
}

/** @param {Meeting} meeting */
function title(meeting) {
  if (isOver(meeting)) return booked.titleOver;
  // Nobody needs to do anything about a provider that does not answer.
  if (meeting.attention?.code === "provider_unreachable") return booked.titleWaiting;
  if (meeting.state === "needs_attention") return booked.titleAttention;
  return meeting.join_url === null ? booked.titleWaiting : booked.title;
}

/**
 * @param {MeetingShown} shown
 * @returns {Child[]}
 */
function troubles({ meeting, unwritten, found, onWrite, onReload }) {
  const serious = unwritten.includes("block") || unwritten.includes("id");
  const lead = unwritten.includes("block")
    ? written.blockFailed
    : unwritten.includes("id")
      ? written.idFailed
      : null;
  return [
    meeting.attention &&
      notice("error", element("p", {}, meeting.attention.message), button(booked.reload, "reload", onReload)),
    unwritten.length > 0 &&
      notice(
        serious ? "error" : "warning",
        lead && element("p", { class: "notice-title" }, lead),
        ...unwritten.map((part) => element("p", { "data-unwritten": part }, written.part[part])),
        button(written.retry, "write-again", onWrite),
      ),
    found.length > 0 && notice("error", element("p", {}, booked.personalData), findingsList(found)),
  ];
}

/**
 * What the calendar has come to, and the questions that it raises.
 * @param {MeetingShown} shown
 * @returns {Child[]}
 */
function calendarNotes(shown) {
  const { meeting, isElsewhere, answered, onUseItemTime, onCopies } = shown;
  const elsewhere =
    isElsewhere &&
    !isOver(meeting) &&
    notice(
      "warning",
      element("p", { class: "notice-title" }, booked.outsideTitle),
      element("p", {}, booked.outsideMoved),
      button(booked.useItemTime, "use-item-time", onUseItemTime),
    );
  const copyAnswer = (/** @type {import("./api.js").CopyAnswer} */ copies) =>
    button(booked.copyAnswers[copies], `copies-${copies}`, () => onCopies(copies));
  const answers = {
    copy_asked: [copyAnswer("own_room"), copyAnswer("strip"), copyAnswer("leave")],
    copy_unwritable: [copyAnswer("leave")],
    series_asked: seriesAnswers(shown),
  };
  const quiet = ["series", "occurrence_cancelled"];
  // That it is a series is said by the question, too; and a link to come has a notice of its own.
  const asked = meeting.calendar_notes.some(({ code }) => code === "series_asked");
  // A question that has just been answered stands in the ledger until the worker has seen to it.
  const isSaid = (/** @type {string} */ code) =>
    code === "link_coming" || (asked && code === "series") || answered.includes(code);
  const unsaid = meeting.calendar_notes.filter(({ code }) => !isSaid(code));
  const notes = unsaid.map(({ code, message }) =>
    element(
      "div",
      { "data-note": code },
      notice(
        quiet.includes(code) ? "plain" : "warning",
        element("p", {}, message),
        ...(answers[/** @type {keyof typeof answers} */ (code)] ?? []),
      ),
    ),
  );
  const coming = meeting.link_change.coming !== null && comingNotice(meeting, shown.zone, shown.onKeepLink);
  return [elsewhere, ...notes, coming, seriesNote(shown)];
}

/** @param {MeetingShown} shown */
function seriesAnswers({ onSeries }) {
  return [
    button(booked.seriesAnswers.all, "series-all", () => onSeries(true)),
    button(booked.seriesAnswers.first, "series-first", () => onSeries(false)),
  ];
}

/**
 * What holds for a series that the service does not see: the link, the question, and the way to the next time.
 * @param {MeetingShown} shown
 * @returns {Child}
 */
function seriesNote(shown) {
  const { series, onUseItemTime } = shown;
  if (series === null) return null;
  const { kind, answer, isHere, isPast } = series;
  const words = booked.series;
  const moveHere = !isHere && !isPast && button(words.moveHere, "use-item-time", onUseItemTime);
  if (answer === "all") return notice("plain", element("p", {}, words.all), moveHere);
  if (answer === "first") return notice("plain", element("p", {}, words.first));
  if (kind === "series") return notice("warning", element("p", {}, words.asked), ...seriesAnswers(shown));
  return isHere ? null : notice("warning", element("p", {}, words.openWhole));
}

/** @param {Meeting} meeting */
function staleNotice(meeting) {
  if (meeting.told_stale.length === 0) return [];
  const who = staleNames(meeting);
  const [title, help] = isOver(meeting)
    ? [textWords.staleCancelledTitle, textWords.staleCancelledHelp(who)]
    : [textWords.staleTitle, textWords.staleHelp(who)];
  const isSeries = !isOver(meeting) && meeting.calendar_notes.some(({ code }) => code === "series");
  return [
    notice(
      "warning",
      element("p", { class: "notice-title" }, title),
      element("p", {}, help),
      isSeries && element("p", {}, textWords.staleSeries),
      isSeries && meeting.start_url !== null && toldPageLink(meeting.start_url),
    ),
  ];
}

/** @param {string} startUrl */
function toldPageLink(startUrl) {
  const link = { href: `${startUrl}/told`, target: "_blank", rel: "noopener noreferrer", "data-action": "told-page" };
  return element("p", {}, element("a", link, textWords.staleSeriesLink));
}

/** @param {MeetingShown} shown */
function facts({ meeting, typeName, unitName, zone }) {
  const time = spoken(new Date(meeting.start), new Date(meeting.end), zone, meeting.time_zone);
  const row = (/** @type {string} */ name, /** @type {string} */ value) => [
    element("dt", {}, name),
    element("dd", {}, ...unbroken(value)),
  ];
  return element(
    "dl",
    { class: "facts" },
    ...row(choose.type, typeName),
    ...row(choose.when, time),
    ...row(choose.unit, unitName),
    ...(meeting.join_code_spoken && meeting.join_url !== null && !isOver(meeting)
      ? row(booked.code, meeting.join_code_spoken)
      : []),
  );
}

/**
 * @param {MeetingShown} shown
 * @returns {Child[]}
 */
function over({ onClean }) {
  return [
    element("p", { class: "help" }, booked.overHelp),
    element("div", { class: "actions" }, button(booked.clean, "clean", onClean, { kind: "primary" })),
  ];
}

/** @param {Meeting} meeting */
function startSection(meeting) {
  if (meeting.start_url === null) return null;
  return element(
    "section",
    { class: "start", "aria-label": booked.startMeeting },
    element("p", { class: "help" }, booked.startHelp),
    meeting.deviation && notice("warning", element("p", {}, meeting.deviation)),
    element(
      "a",
      {
        class: "button button-secondary",
        href: meeting.start_url,
        target: "_blank",
        rel: "noopener noreferrer",
        "data-action": "start",
      },
      booked.startMeeting,
    ),
  );
}

/** @param {MeetingShown} shown */
function actions({ meeting, onChange, onLink, onRemove }) {
  return element(
    "div",
    { class: "actions actions-last" },
    button(booked.change, "change", onChange),
    linkButton(meeting, onLink),
    button(booked.remove, "remove", onRemove, { kind: "danger" }),
  );
}

/**
 * The *inställt* texts for those who have not heard of it; a failure leaves the names, which the notice says.
 * @param {HTMLElement} place
 * @param {MeetingShown} shown
 */
async function fillCancelled(place, { meeting, texts, report }) {
  if (meeting.told_stale.length === 0) return;
  try {
    const all = await texts("current");
    const told = reportOf(report, "current");
    const sections = meeting.told_stale.map((audience) => {
      const of = all.find((one) => one.audience === audience);
      const section = of && cancelledSection(of, told, { informed: true });
      return section ?? textlessSection(audience, meeting, told);
    });
    place.replaceChildren(...sections);
  } catch {
    place.replaceChildren(notice("error", element("p", {}, textWords.failedOver)));
  }
}

/**
 * @param {HTMLElement} place
 * @param {MeetingShown} shown
 * @param {import("./api.js").WhichLink} link
 */
async function fillTexts(place, shown, link = firstLink(shown.meeting)) {
  refill(place, [element("p", { class: "help" }, textWords.loading)]);
  try {
    const all = await shown.texts(link);
    const report = reportOf(shown.report, link);
    const { meeting } = shown;
    const textless = meeting.told_stale.filter((one) => all.every(({ audience }) => audience !== one));
    refill(place, [
      ...whichLink(meeting, link, (other) => void fillTexts(place, shown, other)),
      ...textless.map((audience) => textlessSection(audience, meeting, report)),
      ...all.map((texts, at) => audienceSection(texts, meeting, report, { foremost: at === 0 })),
    ]);
  } catch {
    // Whatever the reason, the meeting stands; only the texts are missing, and can be asked for again.
    const again = button(failure.retry, "texts-again", () => void fillTexts(place, shown, link));
    refill(place, [notice("error", element("p", {}, textWords.failedBooked), again)]);
  }
}

/**
 * Whose link is needed now: that of those who come next, while one is to come.
 * @param {Meeting} meeting
 * @returns {import("./api.js").WhichLink}
 */
function firstLink({ link_change: { coming, next_start: start } }) {
  return coming !== null && start !== null ? "coming" : "current";
}

/**
 * While two links hold, which of them the texts below have, and the way to the other's.
 * @param {Meeting} meeting
 * @param {import("./api.js").WhichLink} link
 * @param {(other: import("./api.js").WhichLink) => void} onOther
 * @returns {HTMLElement[]}
 */
function whichLink(meeting, link, onOther) {
  if (firstLink(meeting) === "current") return [];
  const other = link === "coming" ? "current" : "coming";
  const line = element("p", { class: "which-link", "data-link": link }, linkWords.texts[link]);
  return [line, button(linkWords.otherTexts[other], `texts-${other}`, () => onOther(other), { kind: "plain" })];
}

/**
 * @param {MeetingShown["report"]} report
 * @param {import("./api.js").WhichLink} link
 * @returns {import("./texts.js").Report}
 */
function reportOf(report, link) {
  return (...told) => report(link, ...told);
}
