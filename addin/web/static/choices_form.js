/** The form that asks for meeting type, variant and unit, for a new meeting or another choice in the same one. */

import { element } from "./element.js";
import { choose } from "./words.js";

/** @typedef {import("./api.js").MeetingType} MeetingType */
/** @typedef {import("./api.js").Unit} Unit */
/** @typedef {import("./booking.js").Choice} Choice */

/**
 * @param {object} what
 * @param {MeetingType[]} what.types
 * @param {Unit[]} what.units at least one
 * @param {Partial<Choice>} what.chosen preselected; what is not said or not offered any more falls back to the first
 * @param {string} what.submit
 * @param {(choice: Choice) => void} what.onSubmit
 * @param {HTMLElement[]} [what.extra] further buttons after the submit button
 */
export function choicesForm({ types, units, chosen, submit, onSubmit, extra = [] }) {
  const first = types.find((type) => type.id === chosen.type) ?? types[0];
  const variants = element("div", { class: "variants" });
  const form = element(
    "form",
    { class: "choices", novalidate: true },
    typeChoice(types, first, (type) => variants.replaceChildren(variantChoice(type, chosen.variant))),
    variants,
    unitChoice(units, chosen.unit),
    element(
      "div",
      { class: "actions" },
      element("button", { class: "button button-primary", "data-action": "create" }, submit),
      ...extra,
    ),
  );
  variants.replaceChildren(variantChoice(first, chosen.variant));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answers = new FormData(form);
    const answer = (/** @type {string} */ name) => String(answers.get(name));
    onSubmit({ type: answer("type"), variant: answer("variant"), unit: answer("unit") });
  });
  return form;
}

/**
 * The unit that is chosen before anyone chooses: the remembered one, else the mailbox's own, else the first.
 * @param {Unit[]} units
 * @param {string | undefined} remembered
 */
export function unitFor(units, remembered) {
  return units.find((unit) => unit.id === remembered) ?? units.find((unit) => unit.default) ?? units[0];
}

/**
 * @param {MeetingType[]} types
 * @param {MeetingType} chosen
 * @param {(type: MeetingType) => void} onChange
 */
function typeChoice(types, chosen, onChange) {
  const cards = types.map((type) => {
    const help = `help-${type.id}`;
    return element(
      "label",
      { class: "card" },
      radio("type", type.id, type === chosen, { "aria-describedby": help, onchange: () => onChange(type) }),
      element(
        "span",
        { class: "card-text" },
        element("span", { class: "card-name" }, type.name),
        element("span", { class: "card-help", id: help, "aria-hidden": "true" }, typeHelp(type)),
      ),
    );
  });
  return element("fieldset", { class: "types" }, element("legend", {}, choose.type), ...cards);
}

/** @param {MeetingType} type */
function typeHelp(type) {
  return [type.when_to_use, choose.limit(type.participant_limit), type.provider_note]
    .filter(Boolean)
    .join(" ");
}

/**
 * @param {MeetingType} type
 * @param {string | undefined} remembered
 */
function variantChoice(type, remembered) {
  const chosen = type.variants.find((variant) => variant.id === remembered) ?? type.variants[0];
  if (type.variants.length === 1)
    return element("input", { type: "hidden", name: "variant", value: chosen.id });
  const options = type.variants.map((variant) =>
    element(
      "label",
      { class: "option" },
      radio("variant", variant.id, variant === chosen),
      element("span", {}, variant.name),
    ),
  );
  return element("fieldset", {}, element("legend", {}, choose.variant), ...options);
}

/**
 * @param {Unit[]} units
 * @param {string | undefined} remembered
 */
function unitChoice(units, remembered) {
  const chosen = unitFor(units, remembered);
  const options = units.map((unit) =>
    element("option", { value: unit.id, selected: unit === chosen }, unit.name),
  );
  return element(
    "div",
    { class: "field" },
    element("label", { for: "unit" }, choose.unit),
    element("select", { id: "unit", name: "unit", "aria-describedby": "unit-help" }, ...options),
    element("p", { class: "help", id: "unit-help" }, choose.unitHelp),
  );
}

/**
 * @param {string} name
 * @param {string} value
 * @param {boolean} checked
 * @param {Record<string, string | boolean | ((event: any) => void)>} [more]
 */
function radio(name, value, checked, more = {}) {
  return element("input", { type: "radio", name, value, checked, ...more });
}
