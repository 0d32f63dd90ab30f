/**
 * Shows HTML from the service as DOM built anew from an allow-list, so that nothing else can ever come in with a text.
 * Headings become bold paragraphs: a shown text must not enter the pane's own outline.
 */

import { element } from "./element.js";

const KEPT = new Set(["P", "UL", "OL", "LI", "STRONG", "EM", "BR", "BLOCKQUOTE"]);
const HEADING = /^H[1-6]$/;

/**
 * @param {string} html
 * @returns {HTMLElement}
 */
export function shownText(html) {
  const shown = element("div", { class: "shown-text" });
  shown.append(...rebuilt(new DOMParser().parseFromString(html, "text/html").body));
  return shown;
}

/**
 * @param {Node} parent
 * @returns {Node[]}
 */
function rebuilt(parent) {
  return [...parent.childNodes].flatMap((node) => {
    if (node instanceof Text) return [document.createTextNode(node.data)];
    if (!(node instanceof HTMLElement) || node.tagName === "SCRIPT" || node.tagName === "STYLE") return [];
    const inside = rebuilt(node);
    if (HEADING.test(node.tagName)) return [element("p", {}, element("strong", {}, ...inside))];
    if (!KEPT.has(node.tagName)) return inside;
    const copy = document.createElement(node.tagName);
    copy.append(...inside);
    return [copy];
  });
}
