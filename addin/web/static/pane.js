/** Starts the task pane in the open appointment, or says in plain words why it cannot. */

import { Failure } from "./api.js";
import { AppointmentPane } from "./appointment_pane.js";
import { element, notice } from "./element.js";
import { failureNotice } from "./failure_notice.js";
import { AppointmentItem } from "./item.js";
import { show } from "./page.js";
import { start as words } from "./words.js";

/** Milliseconds that Outlook, or the service, may be silent before the pane says so. */
const DEADLINE = 15_000;

async function start() {
  if (typeof Office === "undefined") return say(words.outsideTitle, words.outside);
  if (!(await outlookIsReady())) return say(words.silentTitle, words.outside);
  const mailbox = Office.context?.mailbox;
  if (!mailbox?.item) return say(words.outsideTitle, words.outside);
  if (typeof mailbox.item.subject === "string") return say(words.outsideTitle, words.readOnly);
  const settings = await readSettings();
  const item = new AppointmentItem(mailbox);
  const pane = new AppointmentPane(settings, item);
  await item.onTimesChanged(() => pane.timeChanged());
  await pane.begin();
}

/** @returns {Promise<import("./appointment_pane.js").Settings>} */
async function readSettings() {
  try {
    const answer = await fetch("/pane/settings.json", { signal: AbortSignal.timeout(DEADLINE) });
    if (answer.ok) return await answer.json();
  } catch {
    // As below: what a clinician can do about it is the same.
  }
  throw new Failure({ code: "unreachable", retryable: true });
}

/** @returns {Promise<boolean>} false when Outlook never says that it is ready */
function outlookIsReady() {
  const silence = new Promise((resolve) => setTimeout(() => resolve(false), DEADLINE));
  return Promise.race([Office.onReady().then(() => true), silence]);
}

/**
 * @param {string} title
 * @param {string} sentence
 */
function say(title, sentence) {
  show("message", title, [notice("plain", element("p", {}, sentence))], { focus: false });
}

start().catch((error) => {
  const again = () => window.location.reload();
  show("message", words.failedTitle, [failureNotice(error, "start", again)], { focus: false });
});
