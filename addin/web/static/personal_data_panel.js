/**
 * Personal data in the item: found here in the pane, and shown before anything is booked.
 *
 * What is found never leaves Outlook: neither the text nor the finding is sent to the service.
 */

import { button, element, notice } from "./element.js";
import { findPersonalData } from "./personal_data.js";
import { announce, show } from "./page.js";
import { personalData } from "./words.js";

/** @typedef {import("./imprint.js").FieldText} FieldText */
/** @typedef {import("./personal_data.js").Kind} Kind */
/** @typedef {{field: FieldText["field"], kind: Kind, tier: "block" | "confirm", excerpt: string}} Found */

/** @typedef {import("./personal_data.js").AllowList} AllowList what the organisation writes openly */

/**
 * @param {FieldText[]} fields
 * @param {AllowList} allow
 * @returns {Promise<Found[]>}
 */
export async function findIn(fields, allow) {
  const found = await Promise.all(fields.map((field) => findInField(field, allow)));
  return found.flat();
}

/**
 * @param {FieldText} what
 * @param {AllowList} allow
 * @returns {Promise<Found[]>}
 */
async function findInField({ field, text }, allow) {
  const findings = await findPersonalData(text, { allow });
  return findings.map(({ kind, tier, start, end }) => ({
    field,
    kind,
    tier,
    excerpt: text.slice(start, end),
  }));
}

/**
 * @param {Found} one
 * @param {Found} other
 * @returns {boolean} whether both say the same of the item
 */
export function isSame(one, other) {
  return one.field === other.field && one.kind === other.kind && one.excerpt === other.excerpt;
}

/**
 * @param {Found[]} found at least one
 * @param {object} way
 * @param {string} way.neutralSubject
 * @param {() => void} way.onNeutral
 * @param {() => void} way.onAgain
 * @param {() => void} way.onBack
 * @param {() => void} way.onGoOn only offered when nothing found blocks
 */
export function showFindings(found, { neutralSubject, onNeutral, onAgain, onBack, onGoOn }) {
  const blocked = found.some((finding) => finding.tier === "block");
  const inSubject = found.some((finding) => finding.field === "subject");
  const lead = blocked ? personalData.block : personalData.confirm;
  show("personal-data", personalData.title, [
    notice(blocked ? "error" : "warning", element("p", {}, lead)),
    element("ul", { class: "findings" }, ...found.map(finding)),
    inSubject && element("p", { class: "help" }, personalData.neutralIs(neutralSubject)),
    element(
      "div",
      { class: "actions" },
      inSubject && button(personalData.neutral, "neutral-subject", onNeutral, { kind: "primary" }),
      button(personalData.again, "check-again", onAgain, { kind: inSubject ? "secondary" : "primary" }),
      !blocked && button(personalData.goOn, "create-anyway", onGoOn),
      button(personalData.back, "back", onBack, { kind: "plain" }),
    ),
    element("p", { class: "help" }, personalData.local),
  ]);
  if (!blocked) announce(lead);
}

/**
 * Findings as sentences, for a note beside a meeting that is already booked.
 * @param {Found[]} found
 */
export function findingsList(found) {
  return element("ul", { class: "findings" }, ...found.map(finding));
}

/** @param {Found} found */
function finding({ field, kind, tier, excerpt }) {
  const name = personalData.kind[kind];
  return element(
    "li",
    { "data-field": field, "data-kind": kind, "data-tier": tier },
    element("span", { class: "finding-where" }, personalData.where(personalData.field[field], name)),
    element("span", { class: "finding-excerpt" }, excerpt),
    field === "attendees" && element("span", { class: "finding-advice" }, personalData.attendee),
  );
}
