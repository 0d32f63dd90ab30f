/**
 * One line at the foot of the window that says what happened. Failures stay until closed, the rest goes by itself.
 */

import { element } from "./element.js";

const SHOWN_MS = 6000;

export class Notices {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.said = root.appendChild(element("div", { role: "status", class: "notice-slot" }));
    this.failed = root.appendChild(element("div", { role: "alert", class: "notice-slot" }));
    this.timer = 0;
  }

  /** @param {string} text */
  say(text) {
    this.clear();
    this.said.replaceChildren(element("p", { class: "notice" }, text));
    this.timer = window.setTimeout(() => this.said.replaceChildren(), SHOWN_MS);
  }

  /** @param {string} text what happened, what was not done, and what to do */
  fail(text) {
    this.clear();
    const close = element(
      "button",
      { type: "button", onclick: () => this.failed.replaceChildren() },
      "Stäng",
    );
    this.failed.replaceChildren(element("p", { class: "notice notice-failure" }, text, close));
  }

  clear() {
    window.clearTimeout(this.timer);
    this.said.replaceChildren();
    this.failed.replaceChildren();
  }
}
