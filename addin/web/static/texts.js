/** The texts for those who are to come: a section for each audience, with link and whole text to copy. */

import { putOnClipboard } from "./clipboard.js";
import { button, element, notice } from "./element.js";
import { announce } from "./page.js";
import { shownText } from "./safe_html.js";
import { audiences, texts as words } from "./words.js";

/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./api.js").Meeting} Meeting */
/** @typedef {import("./api.js").Text} Text */
/** @typedef {import("./api.js").Texts} Texts */
/** @typedef {import("./clipboard.js").Copy} Copy */
/** @typedef {(audience: Audience, what: "link" | "text") => Promise<Meeting>} Report tells the service what was copied */

/**
 * @param {Texts} texts
 * @param {Meeting} meeting
 * @param {Report} report
 * @returns {HTMLElement}
 */
export function audienceSection(texts, meeting, report) {
  const { audience, link } = texts;
  const { title, help } = audiences[audience];
  const heading = `audience-${audience}`;
  const outcome = element("div", { class: "outcome" });
  const told = element("p", { class: "told" });
  const mark = (/** @type {Meeting} */ now) => markTold(told, now, audience);
  const text = wholeText(texts, meeting.told_stale.includes(audience));
  const copy = (/** @type {"link" | "text"} */ what) => copyAndReport(what, what === "link" ? linkCopy(link.url) : text.copy(), outcome, () => report(audience, what).then(mark));
  const copyLink = (/** @type {"primary" | "secondary"} */ kind) => button(words.copyLink, "copy-link", () => copy("link"), { kind, about: title });
  const copyText = (/** @type {"primary" | "secondary"} */ kind) => button(words.copyText, "copy-text", () => copy("text"), { kind, about: title });
  mark(meeting);
  return element(
    "section",
    { class: "audience", "data-audience": audience, "aria-labelledby": heading },
    element("h3", { id: heading }, title),
    element("p", { class: "help" }, help),
    told,
    element("div", { class: "actions" }, ...(texts.copy_first === "link" ? [copyLink("primary"), copyText("secondary")] : [copyText("primary"), copyLink("secondary")])),
    outcome,
    link.central_template && element("p", { class: "template" }, words.template(link.central_template)),
    text.element,
  );
}

/**
 * The *inställt* text of an audience, with one button.
 * @param {Texts} texts
 * @param {Report} report
 * @returns {HTMLElement | null} null where there is no such text
 */
export function cancelledSection(texts, report) {
  const text = texts.texts.find(({ occasion }) => occasion === "cancelled");
  if (!text) return null;
  const { title } = audiences[texts.audience];
  const outcome = element("div", { class: "outcome" });
  const copy = () => copyAndReport("text", text, outcome, () => report(texts.audience, "text"));
  return element(
    "section",
    { class: "audience", "data-audience": texts.audience, "aria-label": title },
    element("h3", {}, title),
    element("div", { class: "actions" }, button(words.cancelledCopy, "copy-cancelled", copy, { about: title })),
    outcome,
    preview(() => [text]),
  );
}

/**
 * @param {Meeting} meeting
 * @returns {string} e.g. "Till invånare, Tolk"
 */
export function staleNames(meeting) {
  return meeting.told_stale.map((audience) => audiences[audience].title).join(", ");
}

/**
 * @param {Meeting} meeting
 * @returns {Audience[]} those who have been told anything
 */
export function toldAudiences(meeting) {
  return /** @type {Audience[]} */ (Object.keys(meeting.told));
}

/**
 * The choice of occasion and inserts, their preview, and the copy that they add up to.
 * @param {Texts} texts
 * @param {boolean} stale whether the audience has old facts, so that *ny tid* comes first
 * @returns {{element: HTMLElement, copy: () => Copy}}
 */
function wholeText({ audience, texts }, stale) {
  const mains = texts.filter(({ occasion }) => occasion === "invitation" || occasion === "rescheduled");
  const inserts = texts.filter(({ occasion }) => occasion === "insert");
  const first = (stale && mains.find(({ occasion }) => occasion === "rescheduled")) || mains[0];
  const form = element("form", { class: "text-choice" });
  const chosen = () => {
    const ids = new FormData(form).getAll("text");
    return [...mains, ...inserts].filter(({ id }) => ids.includes(id));
  };
  const show = preview(chosen);
  form.append(occasionChoice(mains, first), ...(inserts.length > 0 ? [insertChoice(inserts)] : []));
  form.addEventListener("change", () => show.dispatchEvent(new Event("refresh")));
  form.addEventListener("submit", (event) => event.preventDefault());
  return {
    element: element("div", { class: "whole-text", id: `text-${audience}` }, form, show),
    copy: () => joined(chosen()),
  };
}

/**
 * @param {Text[]} mains
 * @param {Text} first
 */
function occasionChoice(mains, first) {
  if (mains.length === 1) return element("input", { type: "hidden", name: "text", value: first.id });
  const options = mains.map((text) =>
    element("label", { class: "option" }, element("input", { type: "radio", name: "text", value: text.id, checked: text === first }), element("span", {}, words.occasion[text.occasion])),
  );
  return element("fieldset", { class: "inline" }, element("legend", {}, words.occasionLabel), ...options);
}

/** @param {Text[]} inserts */
function insertChoice(inserts) {
  const options = inserts.map((text) =>
    element("label", { class: "option" }, element("input", { type: "checkbox", name: "text", value: text.id }), element("span", {}, text.title)),
  );
  return element("fieldset", {}, element("legend", {}, words.inserts), ...options);
}

/** @param {() => Text[]} chosen */
function preview(chosen) {
  const inside = element("div", { class: "preview", tabindex: "0", role: "group", "aria-label": words.preview });
  const fill = () => inside.replaceChildren(shownText(joined(chosen()).html));
  const shown = element("details", {}, element("summary", {}, words.preview), inside);
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
  announce(copied ? done : words.refused);
  try {
    await report();
  } catch {
    // Whatever it was, the text is on the clipboard; what is lost is the reminder, and that is what we say.
    outcome.append(notice("warning", element("p", {}, words.notReported)));
  }
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
