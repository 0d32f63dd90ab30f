/** Shows, and says to a screen reader, how far a booking, a change or a removal has come. */

import { element } from "./element.js";
import { announce, show } from "./page.js";
import { progress } from "./words.js";

/** @typedef {import("./booking.js").Step} Step */

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
  return (step) => {
    const name = names[step] ?? progress.steps[step];
    steps.querySelector('[aria-current="step"]')?.setAttribute("class", "step-done");
    steps.querySelector('[aria-current="step"]')?.removeAttribute("aria-current");
    steps.append(element("li", { "aria-current": "step" }, name));
    help.hidden = step !== "waiting";
    announce(step === "waiting" ? `${name}. ${progress.waitingHelp}` : name);
  };
}
