/**
 * The body of an appointment: rich text, or plain text. A link is followed with Ctrl and a click, or by the line that
 * appears when the cursor stands in one.
 */

import { element } from "./element.js";
import { htmlOfText, rewritten, textOf } from "./outlook_html.js";

/** @typedef {import("./appointment.js").Body} Body */

const TOOLS = [
  ["bold", "Fet", "F"],
  ["italic", "Kursiv", "K"],
  ["underline", "Understruken", "U"],
  ["insertUnorderedList", "Punktlista", "•"],
];

export class BodyEditor {
  /** @param {(body: Body) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.rich = element("div", {
      id: "body-rich",
      class: "body-rich",
      contenteditable: "true",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": "Meddelande",
      "data-testid": "body",
      oninput: () => onChange({ type: "html", content: this.rich.innerHTML }),
      onclick: (/** @type {MouseEvent} */ event) => this.follow(event),
      onpaste: (/** @type {ClipboardEvent} */ event) => paste(event),
    });
    this.plain = element("textarea", {
      id: "body-plain",
      class: "body-plain",
      "aria-label": "Meddelande",
      "data-testid": "body-plain",
      oninput: () => onChange({ type: "text", content: this.plain.value }),
    });
    this.mode = element(
      "button",
      { type: "button", class: "body-mode", "aria-pressed": "false", onclick: () => this.toggle() },
      "Oformaterad text",
    );
    this.tools = element("span", { class: "body-tools" }, ...TOOLS.map(tool));
    this.link = element("p", { class: "link-line", hidden: true, "data-testid": "link-line" });
    const bar = element(
      "div",
      { class: "body-bar", role: "toolbar", "aria-label": "Textformat" },
      this.tools,
      this.mode,
    );
    this.root = element("div", { class: "body" }, bar, this.link, this.rich, this.plain);
    this.stopListening = new AbortController();
    document.addEventListener("selectionchange", () => this.showLink(), {
      signal: this.stopListening.signal,
    });
  }

  /** @param {Body} body */
  show(body) {
    const rich = body.type === "html";
    this.rich.hidden = !rich;
    this.plain.hidden = rich;
    this.tools.hidden = !rich;
    this.mode.setAttribute("aria-pressed", String(!rich));
    if (rich) this.rich.innerHTML = rewritten(body.content);
    else this.plain.value = body.content;
    this.link.hidden = true;
  }

  /** Change between rich and plain text; what only rich text can hold is lost, as in Outlook. */
  toggle() {
    /** @type {Body} */
    const body = this.rich.hidden
      ? { type: "html", content: htmlOfText(this.plain.value) }
      : { type: "text", content: textOf(this.rich.innerHTML) };
    this.show(body);
    this.onChange(body);
  }

  /** @param {MouseEvent} event */
  follow(event) {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    window.open(link.href, "_blank", "noopener,noreferrer");
  }

  /** Show the way out of the link that the cursor stands in. */
  showLink() {
    if (this.link.contains(document.activeElement)) return;
    const at = document.getSelection()?.anchorNode;
    const inside =
      at && this.rich.contains(at) ? (at instanceof Element ? at : at.parentElement)?.closest("a") : null;
    this.link.hidden = !inside;
    if (!inside) return;
    const open = element(
      "a",
      { href: inside.href, target: "_blank", rel: "noopener noreferrer" },
      "Öppna länk",
    );
    const copy = element(
      "button",
      { type: "button", onclick: () => void navigator.clipboard.writeText(inside.href) },
      "Kopiera hyperlänk",
    );
    this.link.replaceChildren(element("span", { class: "link-address" }, inside.href), open, copy);
  }

  close() {
    this.stopListening.abort();
  }
}

/**
 * @param {string[]} names command, label, sign
 * @returns {HTMLElement}
 */
function tool([command, label, sign]) {
  // execCommand is old and has no successor for contenteditable; every browser still does it.
  const run = () => document.execCommand(command);
  const keepSelection = (/** @type {Event} */ event) => event.preventDefault();
  return element(
    "button",
    {
      type: "button",
      class: `tool-${command}`,
      title: label,
      "aria-label": label,
      onclick: run,
      onpointerdown: keepSelection,
      onmousedown: keepSelection,
    },
    sign,
  );
}

/** @param {ClipboardEvent} event */
function paste(event) {
  const html = event.clipboardData?.getData("text/html");
  if (!html) return;
  event.preventDefault();
  document.execCommand("insertHTML", false, rewritten(html));
}
