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
export function ask(title, text, yes, no) {
  return new Promise((answered) => {
    const dialog = element(
      "dialog",
      { class: "question", "aria-labelledby": "question-title", "aria-describedby": "question-text" },
      element("h2", { id: "question-title" }, title),
      element("p", { id: "question-text" }, text),
      element(
        "div",
        { class: "question-answers" },
        element("button", { type: "button", class: "primary", onclick: () => dialog.close("yes") }, yes),
        element("button", { type: "button", onclick: () => dialog.close("no") }, no),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
