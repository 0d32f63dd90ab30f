/**
 * The ribbon of an open appointment: the window's own commands, then the buttons of the add-in's manifest.
 */

import { element } from "./element.js";

/** @typedef {import("./manifest.js").PaneButton} PaneButton */

/**
 * @typedef {object} RibbonActions
 * @property {() => void} onSave
 * @property {() => void} onDiscard
 * @property {() => void} onRemove
 * @property {(button: PaneButton) => void} onPane
 */

export class Ribbon {
  /**
   * @param {HTMLElement} root
   * @param {PaneButton[]} buttons
   * @param {boolean} saved whether the appointment stands in the calendar already
   * @param {RibbonActions} actions
   */
  constructor(root, buttons, saved, actions) {
    this.save = element("button", { type: "button", class: "primary", onclick: actions.onSave, "data-testid": "save" }, "Spara");
    const discard = element("button", { type: "button", onclick: actions.onDiscard }, "Släng");
    const remove = element("button", { type: "button", onclick: actions.onRemove, hidden: !saved }, "Ta bort");
    const rule = element("span", { class: "toolbar-rule", "aria-hidden": "true" });
    root.replaceChildren(this.save, discard, remove, rule, ...buttons.map((one) => addinButton(one, actions.onPane)));
  }

  /** @param {boolean} invites whether somebody else is invited: then saving sends */
  show(invites) {
    this.save.textContent = invites ? "Skicka" : "Spara";
  }

  /** @param {boolean} busy */
  hold(busy) {
    this.save.disabled = busy;
  }
}

/**
 * @param {PaneButton} button
 * @param {(button: PaneButton) => void} onPane
 * @returns {HTMLElement}
 */
function addinButton(button, onPane) {
  const icon = button.icon ? [element("img", { src: button.icon, alt: "", width: 20, height: 20 })] : [];
  return element(
    "button",
    { type: "button", class: "addin", title: button.help, "data-testid": "addin-button", onclick: () => onPane(button) },
    ...icon,
    button.label,
  );
}
