/** A failure as the clinician meets it: what happened, what was not written, what to do; and a reference for support. */

import { Failure } from "./api.js";
import { button, element, notice } from "./element.js";
import { OutlookError } from "./item.js";
import { RulesUnread } from "./personal_data.js";
import { SignInError } from "./sign_in.js";
import { causes, failure, unwritten } from "./words.js";

/** @typedef {keyof typeof unwritten} Attempt what was tried */

/** Office's number for a sign-in that the user broke off or answered no to. */
const BROKEN_OFF = 13002;

/** @type {Attempt[]} */
const BOOKING = ["create", "resume"];

/**
 * @param {unknown} error
 * @param {Attempt} attempt
 * @param {(() => void) | null} retry null where repeating cannot help
 */
export function failureNotice(error, attempt, retry) {
  const known = error instanceof Failure ? error : null;
  return notice(
    "error",
    element("p", { class: "notice-title" }, failure.title),
    ...sentences(error, attempt).map((sentence) => element("p", {}, sentence)),
    retry && button(failure.retry, "retry", retry),
    known?.requestId ? element("p", { class: "reference" }, failure.reference(known.requestId)) : null,
  );
}

/**
 * @param {unknown} error
 * @param {Attempt} attempt
 * @returns {string[]}
 */
export function sentences(error, attempt) {
  // The service's own sentence already says all three things, and knows more.
  if (error instanceof Failure && error.title) return [error.title];
  const why = cause(error);
  const { happened, todo } = causes[why] ?? causes["unexpected-answer"];
  // Who does not know whether the service heard of a booking fears a second one.
  const isDoubtful = why === "unreachable" && BOOKING.includes(attempt);
  return [`${happened} ${unwritten[attempt]}`, isDoubtful ? `${todo} ${failure.once}` : todo];
}

/** @param {unknown} error */
function cause(error) {
  if (error instanceof Failure) return error.code;
  if (error instanceof RulesUnread) return "unreachable";
  // Without a network Outlook cannot renew a token either; that is no fault of the sign-in.
  if (error instanceof SignInError && !navigator.onLine) return "unreachable";
  if (error instanceof SignInError) return error.code === BROKEN_OFF ? "sign-in-cancelled" : "sign-in";
  if (error instanceof OutlookError) return error.call === "getSharedPropertiesAsync" ? "holder" : "outlook";
  // Never the message: it may hold what the user wrote.
  console.error(error instanceof Error ? error.name : "unknown");
  return "pane";
}
