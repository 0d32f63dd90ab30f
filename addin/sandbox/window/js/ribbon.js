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
    this.save = command("Spara", "save", actions.onSave);
    this.save.classList.add("primary");
    this.save.dataset.testid = "save";
    const discard = command("Släng", "discard", actions.onDiscard);
    const remove = command("Ta bort", "remove", actions.onRemove);
    remove.hidden = !saved;
    const rule = element("span", { class: "toolbar-rule", "aria-hidden": "true" });
    this.addins = buttons.map((one) => addinButton(one, actions.onPane));
    root.replaceChildren(this.save, discard, remove, rule, ...this.addins);
  }

  /** @param {boolean} invites whether somebody else is invited: then saving sends */
  show(invites) {
    this.save.textContent = invites ? "Skicka" : "Spara";
    this.save.dataset.icon = invites ? "send" : "save";
  }

  /** Give focus back to where a pane was opened. */
  focusAddin() {
    this.addins[0]?.focus();
  }

  /** @param {boolean} busy */
  hold(busy) {
    this.save.disabled = busy;
  }
}

/**
 * @param {string} label
 * @param {string} icon a name in form.css
 * @param {() => void} run
 * @returns {HTMLButtonElement}
 */
function command(label, icon, run) {
  return element("button", { type: "button", "data-icon": icon, onclick: run }, label);
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
    {
      type: "button",
      class: "addin",
      title: button.help,
      "data-testid": "addin-button",
      onclick: () => onPane(button),
    },
    ...icon,
    button.label,
  );
}
