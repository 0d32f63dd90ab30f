/** Asks before a meeting is removed, and offers the *inställt* texts to those who have been told of it. */

import { button, element, notice } from "./element.js";
import { show } from "./page.js";
import { cancelledSection } from "./texts.js";
import { audiences, removal } from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */

/**
 * @param {object} asked
 * @param {Audience[]} asked.told those who have got link or text
 * @param {import("./api.js").Texts[] | null} asked.texts of those of them who have any; null when they cannot be had
 * @param {import("./texts.js").Report} asked.report
 * @param {() => void} asked.onRemove
 * @param {() => void} asked.onKeep
 */
export function askBeforeRemoval({ told, texts, report, onRemove, onKeep }) {
  const sections = (texts ?? []).flatMap((of) => cancelledSection(of, report) ?? []);
  show("removal", removal.title, [
    element("p", {}, removal.help),
    told.length > 0 &&
      notice(
        "warning",
        element("p", {}, removal.told(told.map((audience) => audiences[audience].who).join(", "))),
        sections.length > 0 && element("p", {}, removal.copyFirst),
        texts === null && element("p", {}, removal.textsFailed),
      ),
    ...sections,
    element(
      "div",
      { class: "actions actions-last" },
      button(removal.confirm, "confirm-remove", onRemove, { kind: "danger" }),
      button(removal.keep, "keep", onKeep),
    ),
  ]);
}
