/** Shows, and says to a screen reader, how far a booking, a change or a removal has come. */

import { element } from "./element.js";
import { announce, show } from "./page.js";
import { progress } from "./words.js";

/** @typedef {import("./booking.js").Step} Step */

/** How long one step may take, in milliseconds, before it gets a word of explanation. */
const LONG = 8000;

/**
 * Show the work under `heading`; the function that comes back marks the next step.
 * @param {string} heading
 * @param {Partial<Record<Step, string>>} [names] other words for a step than the usual
 * @returns {(step: Step) => void}
 */
export function showProgress(heading, names = {}) {
  const steps = element("ol", { class: "steps" });
  const help = element("p", { class: "help", hidden: true }, progress.waitingHelp);
  show("progress", heading, [steps, help], { busy: true });
  /** @type {number | undefined} */
  let patience;
  const wait = () => {
    window.clearTimeout(patience);
    patience = window.setTimeout(() => {
      // What has ended is no longer on the page.
      if (!help.isConnected || !help.hidden) return;
      help.textContent = progress.slowHelp;
      help.hidden = false;
      announce(progress.slowHelp);
    }, LONG);
  };
  wait();
  return (step) => {
    help.hidden = step !== "waiting";
    help.textContent = progress.waitingHelp;
    wait();
    // The room that takes its time is the step that is under way, and not done: it gets a word of explanation.
    if (step === "waiting") {
      if (!steps.childElementCount) steps.append(current(progress.steps.booking));
      return announce(progress.waitingHelp);
    }
    const name = names[step] ?? progress.steps[step];
    steps.querySelector('[aria-current="step"]')?.setAttribute("class", "step-done");
    steps.querySelector('[aria-current="step"]')?.removeAttribute("aria-current");
    steps.append(current(name));
    announce(name);
  };
}

/**
 * @param {string} name
 * @returns {HTMLElement} the step that is under way
 */
function current(name) {
  return element("li", { "aria-current": "step" }, name);
}
