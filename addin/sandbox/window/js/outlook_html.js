/**
 * Bodies of items as Outlook on the web keeps them. Whatever is set comes back changed: ids, classes, data
 * attributes and comments are gone, attributes stand in another order, colours are written `rgb()`, loose text gets a
 * `div`, and the whole is a document when read (OfficeDev/office-js issues 817, 5296, 5320, 5482).
 * An add-in that finds its own block by an id or a comment must fail here as it fails there.
 */

const DROPPED_ELEMENTS =
  "script, style, link, meta, base, title, iframe, frame, object, embed, form, input, button, select, textarea, svg, math, template, noscript";
const BLOCKS = new Set([
  "ADDRESS",
  "ARTICLE",
  "BLOCKQUOTE",
  "DIV",
  "DL",
  "DT",
  "DD",
  "H1",
  "H2",
  "H3",
  "H4",
  "H5",
  "H6",
  "HR",
  "LI",
  "OL",
  "P",
  "PRE",
  "SECTION",
  "TABLE",
  "TBODY",
  "THEAD",
  "TR",
  "UL",
]);
const SAFE_LINK = /^(https?|mailto|tel):/i;
const FACE = "font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);";

/**
 * Keep of a body what Outlook would keep.
 *
 * @param {string} html a fragment or a whole document
 * @returns {string} a fragment: what stands inside `<body>`
 */
export function rewritten(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of body.querySelectorAll(DROPPED_ELEMENTS)) element.remove();
  for (const comment of comments(body)) comment.remove();
  for (const element of body.querySelectorAll("*")) rewriteAttributes(element);
  wrapLooseText(body);
  numberLinks(body);
  return body.innerHTML;
}

/**
 * @param {string} fragment
 * @returns {string} the document that `body.getAsync` and Graph hand out
 */
export function wholeDocument(fragment) {
  return (
    '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>' +
    `<body>\r\n${fragment}\r\n</body></html>`
  );
}

/**
 * @param {string} text
 * @returns {string} a fragment that shows the same lines
 */
export function htmlOfText(text) {
  const lines = text.split(/\r\n|\r|\n/).map((line) => escaped(line).replace(/ {2}/g, " &nbsp;") || "<br>");
  return lines.map((line) => `<div style="${FACE}">${line}</div>`).join("");
}

/**
 * @param {string} html
 * @returns {string} plain text; a link whose text is not its address gets the address after it, as Outlook does
 */
export function textOf(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return plain(body)
    .replace(/\u00a0/g, " ")
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/**
 * @param {Node} node
 * @returns {string}
 */
function plain(node) {
  if (node.nodeType === Node.TEXT_NODE) return (node.nodeValue ?? "").replace(/[\r\n\t ]+/g, " ");
  if (node.nodeName === "BR") return "\n";
  const inner = [...node.childNodes].map(plain).join("");
  if (node instanceof HTMLAnchorElement) return linkText(node, inner);
  if (node.nodeName === "TD" || node.nodeName === "TH") return `${inner}\t`;
  // A block whose only content is <br> is one empty line, not two.
  return BLOCKS.has(node.nodeName) ? `${inner.replace(/\n$/, "").replace(/^ /, "")}\n` : inner;
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} inner
 * @returns {string}
 */
function linkText(link, inner) {
  const address = link.getAttribute("href");
  return !address || inner.trim() === address.trim() ? inner : `${inner}<${address}>`;
}

/**
 * @param {Node} root
 * @returns {Comment[]}
 */
function comments(root) {
  const walker = root.ownerDocument?.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker?.nextNode()) found.push(/** @type {Comment} */ (walker.currentNode));
  return found;
}

/** @param {Element} element */
function rewriteAttributes(element) {
  const kept = [...element.attributes]
    .filter(({ name }) => !/^(id|class|data-.*|on.*)$/i.test(name))
    .filter(({ name, value }) => !/^(href|src)$/i.test(name) || SAFE_LINK.test(value.trim()))
    .map(
      ({ name, value }) =>
        /** @type {[string, string]} */ ([name, name === "style" ? cssText(value) : value]),
    )
    .filter(([name, value]) => name !== "style" || value !== "")
    .sort(([left], [right]) => (left < right ? 1 : -1));
  for (const { name } of [...element.attributes]) element.removeAttribute(name);
  for (const [name, value] of kept) element.setAttribute(name, value);
}

/**
 * @param {string} style
 * @returns {string} as the browser's own serialiser writes it; anything that fetches or covers the page is dropped
 */
function cssText(style) {
  const scratch = document.createElement("span").style;
  scratch.cssText = style;
  scratch.removeProperty("position");
  return /url\(/i.test(scratch.cssText) ? "" : scratch.cssText;
}

/** @param {HTMLElement} body */
function wrapLooseText(body) {
  /** @type {HTMLElement | null} */
  let wrapper = null;
  for (const node of [...body.childNodes]) {
    if (BLOCKS.has(node.nodeName)) {
      wrapper = null;
    } else if (!wrapper && node.nodeType === Node.TEXT_NODE && (node.nodeValue ?? "").trim() === "") {
      node.remove();
    } else {
      wrapper = wrapper ?? body.insertBefore(body.ownerDocument.createElement("div"), node);
      wrapper.append(node);
      wrapper.setAttribute("style", FACE);
    }
  }
  body.firstElementChild?.setAttribute("class", "elementToProof");
}

/** @param {HTMLElement} body */
function numberLinks(body) {
  for (const [index, link] of body.querySelectorAll("a[href]").entries()) {
    link.setAttribute("data-linkindex", String(index));
    link.setAttribute("data-auth", "NotApplicable");
  }
}

/**
 * @param {string} text
 * @returns {string}
 */
export function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
