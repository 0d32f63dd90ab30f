/** Another link: what is to come of it, and the question that says what happens to those who have the old one. */

import { button, element, notice, unbroken } from "./element.js";
import { isOver } from "./held_meeting.js";
import { show } from "./page.js";
import { spoken } from "./time_zone.js";
import { audiences, link as words } from "./words.js";

/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./api.js").LinkBegins} LinkBegins */
/** @typedef {import("./element.js").Child} Child */

/**
 * @param {object} asked
 * @param {Meeting} asked.meeting
 * @param {string} asked.zone IANA
 * @param {"none" | "read" | "read_and_write"} asked.access how much of calendars the service sees
 * @param {Audience[]} asked.told those who have got link or text
 * @param {(begins: LinkBegins) => void} asked.onChange
 * @param {() => void} asked.onKeep
 */
export function askBeforeLinkChange({ meeting, zone, access, told, onChange, onKeep }) {
  const { possible } = meeting.link_change;
  const choice = element("form", { class: "link-choice" }, beginning(meeting, zone));
  const help = element("p", { class: "help" });
  const say = () => {
    help.textContent = begins(choice) === "next" ? words.blockLater[access] : words.blockNow;
  };
  choice.addEventListener("change", say);
  choice.addEventListener("submit", (event) => event.preventDefault());
  say();
  show("link", words.title, [
    element("p", {}, words.help),
    choice,
    told.length > 0 &&
      notice("warning", element("p", {}, words.told(told.map((audience) => audiences[audience].who).join(", ")))),
    possible.length > 0 && help,
    element(
      "div",
      { class: "actions actions-last" },
      button(words.confirm, "confirm-link", () => onChange(begins(choice)), { kind: "primary" }),
      button(words.keep, "keep-link", onKeep),
    ),
  ]);
}

/**
 * @param {Meeting} meeting
 * @returns {Child} the button that asks, under the name that fits; null when nothing can be done about the link
 * @param {() => void} onLink
 */
export function linkButton(meeting, onLink) {
  const { possible, coming } = meeting.link_change;
  if (meeting.join_url === null || possible.length === 0) return null;
  const label = coming ? words.actionSooner : possible.includes("next") ? words.actionNext : words.action;
  return button(label, "change-link", onLink);
}

/**
 * Why nothing can be done about a link whose meeting has become another since the button was shown.
 * @param {Meeting} meeting
 * @returns {string}
 */
export function whyLinkStays(meeting) {
  if (isOver(meeting)) return words.cancelled;
  return meeting.join_url === null ? words.notReady : words.tooLate;
}

/**
 * @param {Meeting} meeting one with a link to come
 * @param {string} zone IANA
 * @param {() => void} onUndo
 */
export function comingNotice(meeting, zone, onUndo) {
  const { next_start: start, next_end: end, coming } = meeting.link_change;
  const sentence =
    start === null || end === null
      ? words.comingNever
      : words.coming(spoken(new Date(start), new Date(end), zone, meeting.time_zone));
  return element(
    "div",
    { "data-note": "link_coming" },
    notice(
      "plain",
      element("p", { class: "notice-title" }, words.comingTitle),
      element("p", {}, ...unbroken(sentence)),
      coming &&
        start !== null &&
        element("p", {}, words.comingCode, element("span", { class: "whole" }, coming.join_code_spoken)),
      button(words.undo, "undo-link", onUndo),
    ),
  );
}

/**
 * When the new link is to begin, to be chosen where there is a choice; what happens next comes first.
 * @param {Meeting} meeting
 * @param {string} zone
 */
function beginning(meeting, zone) {
  const { possible, next_start: nextStart, next_end: nextEnd, coming } = meeting.link_change;
  const own = spoken(new Date(meeting.start), new Date(meeting.end), zone, meeting.time_zone);
  const next = nextStart && nextEnd ? spoken(new Date(nextStart), new Date(nextEnd), zone, meeting.time_zone) : "";
  const sentences = {
    next: words.beginsNext(next, own),
    now: coming ? words.beginsSooner(own) : words.beginsNow(own),
  };
  const offered = /** @type {LinkBegins[]} */ (["next", "now"]).filter((one) => possible.includes(one));
  if (offered.length === 1) {
    const only = offered[0];
    const sentence = only === "now" && !coming ? words.beginsAtOnce(own) : sentences[only];
    const input = element("input", { type: "hidden", name: "begins", value: only });
    return element("div", {}, input, element("p", {}, ...unbroken(sentence)));
  }
  const options = offered.map((one, at) =>
    element(
      "label",
      { class: "option" },
      element("input", { type: "radio", name: "begins", value: one, checked: at === 0 }),
      element("span", {}, ...unbroken(sentences[one])),
    ),
  );
  return element("fieldset", {}, element("legend", {}, words.legend), ...options);
}

/**
 * @param {HTMLFormElement} choice
 * @returns {LinkBegins}
 */
function begins(choice) {
  return new FormData(choice).get("begins") === "next" ? "next" : "now";
}
