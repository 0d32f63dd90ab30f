/**
 * Our marked block in the body of a calendar item: found, written, replaced and removed, in HTML and plain text.
 *
 * Outlook rewrites the HTML that we set (comments, ids and classes go), so a block is known by what the reader
 * sees: it begins at a join link (`/m/<code>`) and ends at the next start link (`/start/<code>`), or at its words where a
 * phone or a mail filter has taken the address. Between them only lines that read like ours are touched; whatever the user
 * typed there stays, word for word.
 *
 * Pure text and DOM work: this module knows neither Office.js nor the API.
 */

/** @typedef {"html" | "text"} BodyFormat */
/** @typedef {{format: BodyFormat, content: string}} Body */
/** @typedef {{html: string, text: string, earlier: string[]}} Block `earlier`: how it read before, as plain text */
/** @typedef {{lines: string[][], earlier: string[][]}} Patterns lines of ours as words, now and in earlier wordings */

/**
 * What a reader sees on one line, the addresses in it, and (HTML only) the nodes that make it.
 * @typedef {object} Line
 * @property {string} text
 * @property {string[]} links
 * @property {ChildNode[]} nodes
 */

/**
 * What becomes of a line: not ours, or ours with the words that the user has put into it.
 * @typedef {{ours: boolean, rest: string}} Verdict
 */

const JOIN = /^https?:\/\/.+\/m\/([0-9A-Za-z-]{12,24})\/?$/;
const START = /^https?:\/\/.+\/start\/([0-9A-Za-z_-]{12,64})\/?$/;
/** Our last line, as `CLOSING` of `templates_messages/item_block.py` has it, with whatever address it bears now. */
const CLOSING = /^starta möte \(vårdpersonal\) ?:? ?(<?https?:\/\/\S+)?$/i;
const ADDRESS = /https?:\/\/[^\s<>"']+/g;
/** The same also between the brackets in which Outlook writes a link in plain text: `words<address>`. */
const BRACKETED_ADDRESS = new RegExp(`<${ADDRESS.source}>|${ADDRESS.source}`, "g");
/** Share of words two lines must have in common to be the same line with another time or unit in it. */
const ALIKE = 0.6;
/** What changes in a date beside its numbers: days of the week and months; the block in an item is in Swedish. */
const NAMES_IN_DATES = new Set(
  Array.from({ length: 12 }, (_, at) => [
    new Date(2027, 0, at + 1).toLocaleDateString("sv", { weekday: "long" }),
    new Date(2027, at).toLocaleDateString("sv", { month: "long" }),
  ]).flat(),
);

const LINE_ENDERS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CENTER DD DIV DL DT FIGURE FOOTER H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN " +
    "OL P PRE SECTION TABLE TBODY TD TFOOT TH THEAD TR UL"
  ).split(" "),
);
const CONTAINERS = new Set("BODY DIV BLOCKQUOTE TD TH LI SECTION ARTICLE CENTER DD".split(" "));
const INVISIBLE = new Set(["STYLE", "SCRIPT", "TITLE", "META", "LINK", "TEMPLATE"]);
const PICTURES = "img, picture, svg, video, object";

/**
 * Return the codes of the join links that begin a block in `body`, in reading order.
 * @param {Body} body
 * @returns {string[]}
 */
export function codesIn(body) {
  const lines = linesOf(body).lines;
  return spans(lines).map(([first]) => joinCode(lines[first]) ?? "");
}

/**
 * Return the code at the end of one of our join links, or null when the address is not one.
 * @param {string} address
 * @returns {string | null}
 */
export function codeOf(address) {
  return JOIN.exec(unwrapped(address))?.[1] ?? null;
}

/**
 * Return the content of `body` with `block` in it exactly once: in the place of an older block, else at the end.
 * @param {Body} body
 * @param {Block} block
 * @param {Block[]} [older] blocks that this item may bear from before, so that their lines are known as ours
 * @returns {string}
 */
export function withBlock(body, block, older = []) {
  return body.format === "html"
    ? rewriteHtml(body.content, [block, ...older], block.html)
    : rewriteText(body.content, [block, ...older], block.text);
}

/**
 * Return the content of `body` without any block of ours; the user's own text is kept.
 * @param {Body} body
 * @param {Block[]} known the blocks as the service renders them, by which our lines are recognised
 * @returns {string}
 */
export function withoutBlock(body, known) {
  return body.format === "html"
    ? rewriteHtml(body.content, known, null)
    : rewriteText(body.content, known, null);
}

/**
 * Return what the user has written, a line each, without our block: the text that the personal-data check reads.
 * @param {Body} body
 * @param {Block[]} known
 * @returns {string}
 */
export function userText(body, known) {
  const { lines } = linesOf(body);
  const verdicts = judge(lines, known);
  return lines.map((line, at) => (verdicts[at].ours ? verdicts[at].rest : line.text)).join("\n");
}

/**
 * Say whether the block in `body` reads as `block` does, whatever Outlook has done to its markup, and leads to the start.
 * @param {Body} body
 * @param {Block} block
 * @returns {boolean}
 */
export function readsAs(body, block) {
  const { lines } = linesOf(body);
  const verdicts = judge(lines, [block]);
  const own = lines.filter((_, at) => verdicts[at].ours);
  const wanted = blockLines(block, body.format);
  return squeezed(own) === squeezed(wanted) && own.some(isStart);
}

// --- plain text ---------------------------------------------------------------------------------------------------

/**
 * @param {string} content
 * @param {Block[]} known
 * @param {string | null} fresh
 * @returns {string}
 */
function rewriteText(content, known, fresh) {
  const ending = content.includes("\r\n") ? "\r\n" : "\n";
  const { lines } = linesOf({ format: "text", content });
  const verdicts = judge(lines, known);
  const place = verdicts.findIndex((verdict) => verdict.ours);
  const block = fresh === null ? [] : fresh.replace(/\s+$/, "").split(/\r\n|\n|\r/);
  /** @type {string[]} */
  const kept = [];
  lines.forEach((line, at) => {
    if (at === place) kept.push(...block);
    if (!verdicts[at].ours) kept.push(line.text);
    else if (verdicts[at].rest) kept.push(verdicts[at].rest);
  });
  if (place < 0 && block.length > 0) {
    while (kept.length > 0 && kept[kept.length - 1].trim() === "") kept.pop();
    kept.push(...(kept.length > 0 ? [""] : []), ...block, "");
  }
  return kept.join(ending);
}

// --- HTML ---------------------------------------------------------------------------------------------------------

/**
 * @param {string} content
 * @param {Block[]} known
 * @param {string | null} fresh
 * @returns {string}
 */
function rewriteHtml(content, known, fresh) {
  const { lines, page } = linesOf({ format: "html", content });
  const verdicts = judge(lines, known);
  const marker = page.createElement("div");
  const place = verdicts.findIndex((verdict) => verdict.ours);
  if (place >= 0) putBefore(marker, lines, verdicts, place);
  else page.body.append(...separator(page), marker);
  const after = lines.flatMap((line, at) => takeOut(page, line, verdicts[at]));
  const block =
    fresh === null ? [] : [...new DOMParser().parseFromString(fresh, "text/html").body.childNodes];
  marker.replaceWith(...block.map((node) => page.importNode(node, true)), ...after);
  return /<(html|body)[\s>]/i.test(content) ? page.documentElement.outerHTML : page.body.innerHTML;
}

/**
 * Put `marker` where the block stands, outside every element that holds nothing but our lines, so that wrappers of
 * an older block are emptied and pruned instead of nesting deeper at each rewriting.
 * @param {HTMLElement} marker
 * @param {Line[]} lines
 * @param {Verdict[]} verdicts
 * @param {number} place
 */
function putBefore(marker, lines, verdicts, place) {
  const foreign = lines.flatMap((line, at) => (verdicts[at].ours ? [] : line.nodes));
  /** @type {ChildNode} */
  let spot = lines[place].nodes[0];
  for (let parent = spot.parentElement; parent && parent.tagName !== "BODY"; parent = spot.parentElement) {
    const shared = foreign.some((node) => parent.contains(node));
    if (shared && CONTAINERS.has(parent.tagName)) break;
    spot = parent;
    if (shared) return void spot.after(marker);
  }
  spot.before(marker);
}

/**
 * Remove a line of ours with the elements that it leaves empty; give back the user's words in it as a line.
 * @param {Document} page
 * @param {Line} line
 * @param {Verdict} verdict
 * @returns {Node[]}
 */
function takeOut(page, line, verdict) {
  if (!verdict.ours) return [];
  for (const node of line.nodes) {
    let parent = node.parentElement;
    node.remove();
    while (parent && parent.tagName !== "BODY" && isEmpty(parent)) {
      const above = parent.parentElement;
      parent.remove();
      parent = above;
    }
  }
  if (!verdict.rest) return [];
  const own = page.createElement("div");
  own.textContent = verdict.rest;
  return [own];
}

/** @param {Element} element */
function isEmpty(element) {
  return !visible(element.textContent ?? "") && !element.querySelector(`br, hr, ${PICTURES}`);
}

/**
 * An empty line between the user's text and our block, unless the body is empty or ends with one.
 * @param {Document} page
 * @returns {Node[]}
 */
function separator(page) {
  const { lines } = walked(page);
  if (!lines.some((line) => visible(line.text)) || !visible(lines[lines.length - 1].text)) return [];
  const empty = page.createElement("div");
  empty.append(page.createElement("br"));
  return [empty];
}

// --- lines --------------------------------------------------------------------------------------------------------

/**
 * @param {Body} body
 * @returns {{lines: Line[], page: Document}}
 */
function linesOf(body) {
  if (body.format === "html") return walked(new DOMParser().parseFromString(body.content, "text/html"));
  const lines = body.content.split(/\r\n|\n|\r/).map((text) => ({ text, links: addresses(text), nodes: [] }));
  return { lines, page: document.implementation.createHTMLDocument() };
}

/**
 * @param {Document} page
 * @returns {{lines: Line[], page: Document}}
 */
function walked(page) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {Line} */
  let line = { text: "", links: [], nodes: [] };
  const end = () => {
    if (line.nodes.length > 0) lines.push({ ...line, links: [...line.links, ...addresses(line.text)] });
    line = { text: "", links: [], nodes: [] };
  };
  /** @param {Text} text */
  const read = (text) => {
    if (text.data.includes("\n") && !visible(text.data)) return;
    line.text += text.data.replace(/[\r\n\t ]+/g, " ");
    line.nodes.push(text);
  };
  /** @param {ChildNode} node */
  const visit = (node) => {
    if (node instanceof Text) {
      if (!node.parentElement?.closest("pre")) return read(node);
      for (const part of cutAtLineEnds(node)) {
        read(part);
        if (part.data.endsWith("\n")) end();
      }
      return;
    }
    if (!(node instanceof Element) || INVISIBLE.has(node.tagName)) return;
    const alone = LINE_ENDERS.has(node.tagName);
    if (alone) end();
    const address = node.tagName === "A" ? node.getAttribute("href") : null;
    if (address) line.links.push(unwrapped(address));
    if (node.tagName === "BR" || node.tagName === "HR") line.nodes.push(node);
    [...node.childNodes].forEach(visit);
    if (alone || node.tagName === "BR") end();
  };
  [...page.body.childNodes].forEach(visit);
  end();
  return { lines, page };
}

/**
 * Preformatted text ends its lines itself; each becomes a node of its own, so that one can be taken out alone.
 * @param {Text} text
 * @returns {Text[]}
 */
function cutAtLineEnds(text) {
  const parts = [text];
  for (let last = text, at = last.data.indexOf("\n"); at >= 0 && at + 1 < last.length; at = last.data.indexOf("\n")) {
    last = last.splitText(at + 1);
    parts.push(last);
  }
  return parts;
}

/**
 * @param {Block} block
 * @param {BodyFormat} format
 * @returns {Line[]}
 */
function blockLines(block, format) {
  return linesOf({ format, content: block[format] }).lines.filter((line) => visible(line.text));
}

/**
 * @param {string} text
 * @returns {string[]}
 */
function addresses(text) {
  return (text.match(ADDRESS) ?? []).map(withoutEnd);
}

/** @param {string} address with what may end the sentence that it stands in */
function withoutEnd(address) {
  return address.replace(/[).,;:!?]+$/, "");
}

/** @param {string} address */
function isOurs(address) {
  return JOIN.test(address) || START.test(address);
}

/**
 * Return a text with another word for each of our own links; the brackets go with them, and the word stands apart.
 * @param {string} text
 * @param {(link: string) => string} changed
 */
function withLinks(text, changed) {
  return text.replace(BRACKETED_ADDRESS, (found) => {
    const address = withoutEnd(found.replace(/^<|>$/g, ""));
    return isOurs(address) ? ` ${changed(address)} ` : found;
  });
}

/** @param {string} text */
function withoutLinks(text) {
  return visible(withLinks(text, () => ""));
}

/**
 * Undo a link scanner's rewriting (`https://…safelinks…/?url=<address>`), so that our link is known in disguise.
 * @param {string} address
 * @returns {string}
 */
function unwrapped(address) {
  if (!/^https?:\/\/[^/]+\/.*[?&]url=[^&]+%2F(m|start)%2F/i.test(address)) return address;
  return new URLSearchParams(address.slice(address.indexOf("?"))).get("url") ?? address;
}

// --- whose line is it? --------------------------------------------------------------------------------------------

/**
 * @param {Line[]} lines
 * @param {Block[]} known
 * @returns {Verdict[]}
 */
function judge(lines, known) {
  const patterns = patternsOf(known);
  /** @type {Verdict[]} */
  const verdicts = lines.map(() => ({ ours: false, rest: "" }));
  for (const [first, last] of spans(lines)) {
    let [from, to] = [first, last];
    // A heading above the join link or a note below the start link is ours only when it reads exactly so.
    while (from > 0 && isExactly(lines[from - 1], patterns)) from -= 1;
    while (to < lines.length - 1 && isExactly(lines[to + 1], patterns)) to += 1;
    const within = lines.slice(from, to + 1);
    const claimed = new Set(
      within.filter((line) => isExactly(line, patterns)).map((line) => label(words(line))),
    );
    within.forEach((line, at) => {
      verdicts[from + at] = verdictOn(line, patterns, claimed);
    });
  }
  return verdicts;
}

/**
 * What was said in an earlier wording is ours only word for word, with another time in it: what merely looks like it
 * is the user's, since our own line would look otherwise by now.
 * @param {Block[]} known
 * @returns {Patterns}
 */
function patternsOf(known) {
  const current = known.flatMap((block) => [...blockLines(block, "html"), ...blockLines(block, "text")]);
  const earlier = known.flatMap((block) =>
    block.earlier.flatMap((content) => linesOf({ format: "text", content }).lines),
  );
  const spoken = (/** @type {Line[]} */ lines) => lines.map(words).filter((pattern) => pattern.length > 0);
  return { lines: spoken(current), earlier: spoken(earlier) };
}

/**
 * The stretches from a join link to the next line that ends a block, as indexes, both included.
 * @param {Line[]} lines
 * @returns {[number, number][]}
 */
function spans(lines) {
  /** @type {[number, number][]} */
  const found = [];
  let open = -1;
  lines.forEach((line, at) => {
    if (joinCode(line) !== null) open = at;
    if (open >= 0 && (isStart(line) || CLOSING.test(visible(line.text)))) {
      found.push([open, at]);
      open = -1;
    }
  });
  return found;
}

/**
 * @param {Line} line
 * @param {Patterns} patterns
 * @param {Set<string | null>} claimed labels whose line has been found; the next one is added
 * @returns {Verdict}
 */
function verdictOn(line, patterns, claimed) {
  const text = withLinks(line.text, (link) => link);
  const spoken = words({ text });
  if (spoken.length === 0) return { ours: line.nodes.every((node) => !holdsPicture(node)), rest: "" };
  if (isExactly({ text }, patterns)) return { ours: true, rest: "" };
  const same = patterns.lines;
  const within = same
    .map((pattern) => withoutWords(text, spoken, pattern))
    .filter((rest) => rest !== null)
    .map(withoutLinks)
    .sort((one, other) => one.length - other.length)[0];
  const linked = joinCode(line) !== null || isStart(line);
  if (within !== undefined && linked) return { ours: true, rest: within };
  if (same.some((pattern) => alike(pattern, spoken) >= ALIKE)) return { ours: true, rest: "" };
  // `Enhet: …` is ours whatever the unit, but only once: a second such line is the user's.
  const name = label(spoken);
  if (name !== null && !claimed.has(name) && same.some((pattern) => label(pattern) === name)) {
    claimed.add(name);
    return { ours: true, rest: "" };
  }
  return linked ? { ours: true, rest: withoutLink(line) } : { ours: false, rest: "" };
}

/**
 * The words of a line as compared, so that another time or code is still the same line: case is nothing, numbers are
 * alike, and so are addresses, days of the week and months.
 * @param {Pick<Line, "text">} line
 * @returns {string[]}
 */
function words(line) {
  return split(line.text).map(plain);
}

/** @param {string} text */
function split(text) {
  return visible(text).split(/\s+/).filter(Boolean);
}

/** @param {string} word */
function plain(word) {
  if (/^https?:\/\//.test(word)) return "@";
  const lowered = word.toLowerCase();
  return NAMES_IN_DATES.has(lowered) ? "#" : lowered.replace(/\d+/g, "#");
}

/**
 * @param {string[]} spoken
 * @returns {string | null} the first word of a line such as `Enhet: …`
 */
function label(spoken) {
  return spoken.length > 1 && spoken[0].endsWith(":") ? spoken[0] : null;
}

/**
 * The user's words in a line that holds all of ours in order, else null.
 * @param {string} text
 * @param {string[]} spoken
 * @param {string[]} pattern
 * @returns {string | null}
 */
function withoutWords(text, spoken, pattern) {
  let next = 0;
  const rest = split(text).filter((_, at) => {
    if (next < pattern.length && spoken[at] === pattern[next]) {
      next += 1;
      return false;
    }
    return true;
  });
  return next === pattern.length ? rest.join(" ") : null;
}

/**
 * A line with our link in it that otherwise reads like nothing of ours: only the link itself goes.
 * @param {Line} line
 * @returns {string}
 */
function withoutLink(line) {
  const labels = line.nodes
    .filter((node) => isOurs(unwrapped(node.parentElement?.closest("a")?.getAttribute("href") ?? "")))
    .map((node) => (node.textContent ?? "").replace(/[\r\n\t ]+/g, " "));
  return withoutLinks(labels.reduce((text, label) => text.replace(label, ""), line.text));
}

/** @param {Line} line */
function joinCode(line) {
  return line.links.map((link) => JOIN.exec(link)?.[1]).find((code) => code !== undefined) ?? null;
}

/** @param {Line} line */
function isStart(line) {
  return line.links.some((link) => START.test(link));
}

/**
 * @param {Pick<Line, "text">} line
 * @param {Patterns} patterns
 */
function isExactly(line, patterns) {
  const spoken = words(line);
  return [...patterns.lines, ...patterns.earlier].some((pattern) => equal(pattern, spoken));
}

/**
 * @param {string[]} one
 * @param {string[]} other
 */
function equal(one, other) {
  return one.length === other.length && one.every((word, at) => word === other[at]);
}

/**
 * @param {string[]} one
 * @param {string[]} other
 * @returns {number} the share of common words, 0 to 1; lines under three words are never merely alike
 */
function alike(one, other) {
  if (Math.min(one.length, other.length) < 3) return 0;
  const left = [...other];
  const common = one.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  return common.length / Math.max(one.length, other.length);
}

/** @param {ChildNode} node */
function holdsPicture(node) {
  return node.parentElement?.querySelector(PICTURES) != null;
}

/** @param {string} text */
function visible(text) {
  return text
    .replace(/[\u200b\u200c\u200d\ufeff\u00ad]/g, "")
    .replace(/[\s\u00a0]+/g, " ")
    .trim();
}

/** @param {Line[]} lines */
function squeezed(lines) {
  return lines
    .map((line) => visible(line.text))
    .join("")
    .replace(/\s/g, "");
}
