/** The texts for those who are to come: a section for each audience, with link and whole text to copy. */

import { putOnClipboard } from "./clipboard.js";
import { button, element, notice, takeFocus } from "./element.js";
import { isOver } from "./held_meeting.js";
import { announce } from "./page.js";
import { shownText } from "./safe_html.js";
import { audiences, texts as words } from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").Text} Text */
/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./clipboard.js").Copy} Copy */
/** @typedef {import("./api.js").Told} Told */
/** @typedef {(audience: Audience, what: Told, asOf: import("./api.js").AsOf) => Promise<Meeting>} Report tells the service who has been told what */

/**
 * @param {Texts} texts
 * @param {Meeting} meeting
 * @param {Report} report
 * @param {{foremost: boolean}} options whether this is the section whose first button stands out
 * @returns {HTMLElement}
 */
export function audienceSection(texts, meeting, report, { foremost }) {
  const { audience, link } = texts;
  const { title, help } = audiences[audience];
  const heading = `audience-${audience}`;
  const outcome = element("div", { class: "outcome" });
  const told = element("p", { class: "told" });
  const mark = (/** @type {Meeting} */ now) => markTold(told, now, audience);
  const text = wholeText(texts, meeting);
  // The link stays the same when the time changes: those with old facts need the new words.
  const stale = meeting.told_stale.includes(audience);
  const first = stale ? "text" : texts.copy_first;
  const copies = { link: () => linkCopy(link.url), text: () => text.copy() };
  const copyButton = (/** @type {"link" | "text"} */ what) => {
    const copy = () => copyAndReport(what, copies[what](), outcome, () => report(audience, what, texts.as_of).then(mark));
    const kind = foremost && what === first ? "primary" : "secondary";
    return button(what === "link" ? words.copyLink : words.copyText, `copy-${what}`, copy, {
      kind,
      about: title,
    });
  };
  const buttons = [copyButton("link"), copyButton("text")];
  if (first === "text") buttons.reverse();
  if (stale) buttons.push(informedButton(texts, outcome, report, mark));
  mark(meeting);
  return element(
    "section",
    { class: "audience", "data-audience": audience, "aria-labelledby": heading },
    element("h3", { id: heading }, title),
    element("p", { class: "help" }, help),
    told,
    element("div", { class: "actions" }, ...buttons),
    outcome,
    !stale &&
      link.central_template &&
      element("p", { class: "template" }, words.template(link.central_template)),
    text.element,
  );
}

/**
 * The *inställt* text of an audience.
 * @param {Texts} texts
 * @param {Report} report
 * @param {{informed?: boolean}} [options] whether they can be said to have been told: only when it has happened
 * @returns {HTMLElement | null} null where there is no such text
 */
export function cancelledSection(texts, report, { informed = false } = {}) {
  const text = texts.texts.find(({ occasion }) => occasion === "cancelled");
  if (!text) return null;
  const { title } = audiences[texts.audience];
  const outcome = element("div", { class: "outcome" });
  const copy = () => copyAndReport("text", text, outcome, () => report(texts.audience, "text", texts.as_of));
  return element(
    "section",
    { class: "audience", "data-audience": texts.audience, "aria-label": title },
    element("h3", {}, title),
    element(
      "div",
      { class: "actions" },
      button(words.cancelledCopy, "copy-cancelled", copy, { about: title }),
      informed && informedButton(texts, outcome, report),
    ),
    outcome,
    preview(() => [text], words.preview, []),
  );
}

/**
 * Those who must hear, and for whom there is no text: they were told before the meeting got a type that has none.
 * @param {Audience} audience
 * @param {Meeting} meeting
 * @param {Report} report
 * @returns {HTMLElement}
 */
export function textlessSection(audience, meeting, report) {
  const { title } = audiences[audience];
  const { revision, start, end } = meeting;
  const outcome = element("div", { class: "outcome" });
  const told = element("p", { class: "told told-stale" }, words.staleNoText);
  const asOf = { revision, start, end, cancelled: isOver(meeting) };
  const informed = informedButton({ audience, as_of: asOf }, outcome, report, (now) => {
    told.hidden = !now.told_stale.includes(audience);
  });
  return element(
    "section",
    { class: "audience", "data-audience": audience, "aria-label": title },
    element("h3", {}, title),
    told,
    element("p", { class: "help" }, words.noText),
    element("div", { class: "actions" }, informed),
    outcome,
  );
}

/**
 * @param {Meeting} meeting
 * @returns {string} the names of those who have old facts, for a sentence
 */
export function staleNames(meeting) {
  return meeting.told_stale.map((audience) => audiences[audience].who).join(", ");
}

/**
 * @param {Meeting} meeting
 * @returns {Audience[]} those who have been told anything
 */
export function toldAudiences(meeting) {
  return /** @type {Audience[]} */ (Object.keys(meeting.told));
}

/**
 * The choice of occasion and inserts, their preview, and the copy that they add up to. *Ny tid* is offered to those
 * who have been told before, and comes first for those who have old facts.
 * @param {Texts} texts
 * @param {Meeting} meeting
 * @returns {{element: HTMLElement, copy: () => Copy}}
 */
function wholeText({ audience, texts }, meeting) {
  const told = meeting.told[audience] !== undefined;
  const stale = meeting.told_stale.includes(audience);
  const mains = texts.filter(
    ({ occasion }) => occasion === "invitation" || (told && occasion === "rescheduled"),
  );
  const inserts = texts.filter(({ occasion }) => occasion === "insert");
  const first = (stale && mains.find(({ occasion }) => occasion === "rescheduled")) || mains[0];
  const form = element("form", { class: "text-choice", id: `text-${audience}` });
  const chosen = () => {
    const ids = new FormData(form).getAll("text");
    return [...mains, ...inserts].filter(({ id }) => ids.includes(id));
  };
  form.append(occasionChoice(mains, first), ...(inserts.length > 0 ? [insertChoice(inserts)] : []));
  const show = preview(chosen, inserts.length > 0 ? words.previewAndChoose : words.preview, [form]);
  form.addEventListener("change", () => show.dispatchEvent(new Event("refresh")));
  form.addEventListener("submit", (event) => event.preventDefault());
  return { element: show, copy: () => joined(chosen()) };
}

/**
 * @param {Text[]} mains
 * @param {Text} first
 */
function occasionChoice(mains, first) {
  if (mains.length === 1) return element("input", { type: "hidden", name: "text", value: first.id });
  const options = mains.map((text) => option("radio", text, text === first, words.occasion[text.occasion]));
  return element("fieldset", {}, element("legend", {}, words.occasionLabel), ...options);
}

/** @param {Text[]} inserts */
function insertChoice(inserts) {
  const options = inserts.map((text) => option("checkbox", text, false, words.insertName(text.title)));
  return element("fieldset", {}, element("legend", {}, words.inserts), ...options);
}

/**
 * @param {"radio" | "checkbox"} type
 * @param {Text} text
 * @param {boolean} checked
 * @param {string} label
 */
function option(type, text, checked, label) {
  const input = element("input", { type, name: "text", value: text.id, checked });
  return element("label", { class: "option" }, input, element("span", {}, label));
}

/**
 * @param {() => Text[]} chosen
 * @param {string} summary
 * @param {HTMLElement[]} before
 */
function preview(chosen, summary, before) {
  const inside = element("div", {
    class: "preview",
    tabindex: "0",
    role: "group",
    "aria-label": words.preview,
  });
  const fill = () => inside.replaceChildren(shownText(joined(chosen()).html));
  const shown = element("details", {}, element("summary", {}, summary), ...before, inside);
  shown.addEventListener("toggle", fill);
  shown.addEventListener("refresh", fill);
  return shown;
}

/**
 * @param {Text[]} texts
 * @returns {Copy}
 */
function joined(texts) {
  return {
    plain: texts.map(({ plain }) => plain.trim()).join("\n\n") + "\n",
    html: texts.map(({ html }) => html).join("\n"),
  };
}

/**
 * @param {string} url
 * @returns {Copy}
 */
function linkCopy(url) {
  return { plain: url, html: element("a", { href: url }, url).outerHTML };
}

/**
 * *Besked lämnat*: they have been told in the clinician's own way, by telephone perhaps.
 * @param {Pick<Texts, "audience" | "as_of">} of
 * @param {HTMLElement} outcome
 * @param {Report} report
 * @param {(meeting: Meeting) => void} [mark]
 */
function informedButton({ audience, as_of: asOf }, outcome, report, mark = () => undefined) {
  const press = async () => {
    try {
      mark(await report(audience, "informed", asOf));
    } catch {
      outcome.replaceChildren(notice("error", element("p", {}, words.informedFailed)));
      return;
    }
    outcome.replaceChildren(notice("done", element("p", {}, words.informedDone)));
    const stood = document.activeElement === informed;
    informed.remove();
    if (stood) takeFocus(outcome);
    announce(words.informedDone);
  };
  const informed = button(words.informed, "informed", () => void press(), { about: audiences[audience].title });
  return informed;
}

/**
 * @param {"link" | "text"} what
 * @param {Copy} copy
 * @param {HTMLElement} outcome
 * @param {() => Promise<void | Meeting>} report
 */
async function copyAndReport(what, copy, outcome, report) {
  const copied = await putOnClipboard(copy);
  const done = what === "link" ? words.linkCopied : words.textCopied;
  outcome.replaceChildren(copied ? notice("done", element("p", {}, done)) : byHand(copy.plain));
  outcome.querySelector("textarea")?.select();
  outcome.scrollIntoView({ block: "nearest" });
  announce(copied ? done : words.refused);
  try {
    await report();
  } catch {
    // Whatever it was, the text is on the clipboard; what is lost is the reminder, and that is what we say.
    outcome.append(notice("warning", element("p", {}, words.notReported)));
  }
  outcome.scrollIntoView({ block: "nearest" }); // Again: what is said of it above has moved it.
}

/** @param {string} plain */
function byHand(plain) {
  const text = element("textarea", { readonly: true, rows: "6", "aria-label": words.manual });
  text.value = plain;
  return notice("warning", element("p", {}, words.refused), text);
}

/**
 * @param {HTMLElement} told
 * @param {Meeting} meeting
 * @param {Audience} audience
 */
function markTold(told, meeting, audience) {
  const stale = meeting.told_stale.includes(audience);
  const before = meeting.told[audience] !== undefined;
  told.textContent = stale ? words.stale : before ? words.told : "";
  told.className = stale ? "told told-stale" : "told";
  told.hidden = !before && !stale;
}
