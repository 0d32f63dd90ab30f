/**
 * Says in Swedish what the calendar refused, and what that means.
 */

import { GraphFailure } from "./graph.js";

/** @typedef {import("./notice.js").Notices} Notices */

const CAUSES = /** @type {Record<string, string>} */ ({
  0: "Kalendern svarar inte. Se efter att sandlådan är igång och försök igen.",
  403: "Du har inte rätt att göra det i den här kalendern.",
  404: "Mötet finns inte längre i kalendern.",
  ErrorOccurrenceCrossingBoundary:
    "En gång i en serie kan inte flyttas förbi gången före eller efter, eller till samma dag.",
});

/**
 * @param {Notices} notices
 * @param {unknown} failure
 * @param {string} consequence
 */
export function tellGraphFailure(notices, failure, consequence) {
  console.error(failure);
  const { status, code } = failure instanceof GraphFailure ? failure : { status: -1, code: "" };
  const cause = CAUSES[code] ?? CAUSES[status] ?? "Kalendern svarade med ett fel. Försök igen om en stund.";
  notices.fail(`${consequence} ${cause}`);
}
