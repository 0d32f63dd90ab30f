/**
 * A question that must be answered before the work goes on.
 */

import { element } from "./element.js";

/**
 * @param {string} title
 * @param {string} text
 * @param {string} yes the answer that does what was asked for
 * @param {string} no the answer that leaves all as it is; Escape means the same
 * @returns {Promise<boolean>}
 */
export async function ask(title, text, yes, no) {
  return (await choose(title, text, [yes], no)) === yes;
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string[]} answers that do something, the usual one first
 * @param {string} no the answer that leaves all as it is; Escape means the same
 * @returns {Promise<string | null>} the answer, null for none
 */
export function choose(title, text, answers, no) {
  return new Promise((answered) => {
    const buttons = answers.map((answer, index) =>
      element(
        "button",
        { type: "button", class: index === 0 ? "primary" : null, onclick: () => dialog.close(answer) },
        answer,
      ),
    );
    const dialog = element(
      "dialog",
      { class: "question", "aria-labelledby": "question-title", "aria-describedby": "question-text" },
      element("h2", { id: "question-title" }, title),
      element("p", { id: "question-text" }, text),
      element(
        "div",
        { class: "question-answers" },
        ...buttons,
        element("button", { type: "button", onclick: () => dialog.close("") }, no),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(dialog.returnValue || null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
