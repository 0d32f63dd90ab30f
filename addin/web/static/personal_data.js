/**
 * Finds personal numbers, private mail addresses and telephone numbers in Swedish text, inside the pane: the text
 * never leaves Outlook.
 *
 * The twin of the service's `addin/privacy`: same rules (`personal_data_rules.json`), same test vectors, same steps
 * under the same names, so that a change in one is easy to make in the other. Personal numbers and mail agree exactly;
 * telephone numbers of other countries are judged by length alone, and the service is the second look.
 *
 * One file without imports, since classic Outlook's event runtime takes no other.
 */

/** @typedef {"personal-number" | "coordination-number" | "reserve-number" | "private-mail" | "telephone"} Kind */
/** @typedef {"block" | "confirm"} Tier */

/**
 * A finding by place alone. `start` and `end` count UTF-16 units of the original text, as `text.slice(start, end)`
 * does; end is exclusive.
 * @typedef {{kind: Kind, tier: Tier, start: number, end: number}} Finding
 */

/**
 * What an organisation writes openly: mail domains with all below them, function mailboxes, switchboards.
 * @typedef {{mailDomains?: string[], mailAddresses?: string[], telephoneNumbers?: string[]}} AllowList
 */

/** @typedef {{characters: string[], starts: number[], ends: number[], afterOrnate: number}} Folded */
/** @typedef {{digits: string, cuts: Map<number, string>, start: number, end: number}} Candidate */
/** @typedef {{kind: Kind, checked: boolean}} Reading */
/** @typedef {{numberWord: boolean, patientWord: boolean, otherNumber: boolean, room: boolean, telephone: boolean}} Context */
/** @typedef {[number, number]} Span */
/** @typedef {{year: number, number: number}} Today `number` counts days since 1970, as `dayNumber` does */

/**
 * @typedef {object} ReserveRule
 * @property {RegExp} suffix
 * @property {boolean} gap whether separators are accepted between date and suffix
 * @property {boolean} shortDate
 * @property {boolean} nationalDate
 * @property {Record<string, number>} luhnLetters
 * @property {RegExp | null} notSuffix
 */

/**
 * The rules, ready to use.
 * @typedef {ReturnType<typeof compile>} Rules
 */

const WITH_CENTURY = 12;
const WITHOUT_CENTURY = 10;
const SERIAL = 4;
const COORDINATION_DAYS = 60;
const CENTURIES = ["18", "19", "20"];
const MOBILE = "070";
const STOCKHOLM = /^99(?:19|20)[0-9]{8}$/;
const CARELINK = /^(?:1[789]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:3[2-9]|[45][0-9])[0-9]{4}$/;
const DATE_AND_SUFFIX = /([0-9]{4}|[0-9]{2})([ ./-]?)([0-9]{2})([ ./-]?)([0-9]{2})([ ./_-]{0,3})([0-9a-z]{4})/g;
const UNKNOWN_BIRTHDAY = /^00[0-9]{2}[2-9][0-9][45][0-9]$/;
const FIRST_NATIONAL_SERIES = 22;
const NATIONAL_STEP = 3;
const EARLIEST_CENTURY = 18;
const LETTERS = "abcdefghijklmnopqrstuvwxyzåäöéü";
const LONGEST_PHRASE = 30;
const LABEL_REACH = 40;
const LABEL_WORDS = 3;
const LABEL_PUNCTUATION = " .:#=-/()";
const LONGEST_LOCAL_PART = 64;
const LONGEST_DOMAIN = 253;
const MOST_SPACES = 2;
const GUEST = "#ext#";
const NOT_IN_A_LOCAL_PART = " <>()[],;:\"@\\/|";
const IN_A_DOMAIN = "abcdefghijklmnopqrstuvwxyz0123456789åäöéü.-";
/**
 * What may be a telephone number, and more after it. Without a leading 0 or + the digits are a meeting id or an
 * organisation number before they are a telephone.
 */
const WRITTEN = /\(?(?:\+\(?|0[ ./()-]{0,3}(?:0[ ./()-]{0,3})?)[1-9](?:[ ./()-]{0,3}[0-9]){4,15}/g;
const LONGEST_INTERNATIONAL = 15;
const SHORTEST_INTERNATIONAL = 8;
const DAY = 86_400_000;
/** Stands between ornate and plain digits: a gap within a personal number, and none within a telephone number. */
const APART = "|";

/** @type {Promise<object> | undefined} */
let fetched;

/** @type {WeakMap<object, Rules>} */
const compiled = new WeakMap();

/**
 * Find personal data in `text`, plain or HTML. Findings come in the order of the text and do not overlap.
 *
 * @param {string} text
 * @param {object} [options]
 * @param {string} [options.today] YYYY-MM-DD where the organisation is; without it this machine's day
 * @param {object} [options.rules] the content of `personal_data_rules.json`; without it that file is read, once
 * @param {AllowList} [options.allow]
 * @returns {Promise<Finding[]>}
 */
export async function findPersonalData(text, { today = localDay(), rules, allow = {} } = {}) {
  return personalDataIn(text, { today, rules: rules ?? (await ownRules()), allow });
}

/**
 * The same at once, with everything given.
 *
 * @param {string} text
 * @param {{today: string, rules: object, allow: AllowList}} given
 * @returns {Finding[]}
 */
export function personalDataIn(text, { today, rules, allow }) {
  const known = compiled.get(rules) ?? compile(rules);
  compiled.set(rules, known);
  const views = fold(text, known);
  const now = dayNumber(Number(today.slice(0, 4)), today.slice(5, 7) + today.slice(8, 10));
  if (now === null) throw new RangeError("today is no date");
  const day = { year: Number(today.slice(0, 4)), number: now };
  const visible = visibleClaims(views.visible.characters.join(""), day, allow, known);
  const hidden = hiddenClaims(views.hidden.characters.join(""), day, allow, known);
  const found = [...placed(visible, views.visible), ...placed(hidden, views.hidden)];
  return found.sort((one, other) => one.start - other.start || one.end - other.end);
}

function localDay() {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** The rules could not be had, so nothing has been checked. */
export class RulesUnread extends Error {}

async function ownRules() {
  fetched ??= fetch(new URL("./personal_data_rules.json", import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  });
  try {
    return await fetched;
  } catch (failure) {
    fetched = undefined; // the next check tries again
    throw new RulesUnread("the rules could not be read", { cause: failure });
  }
}

// --- detection -------------------------------------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {Today} today
 * @param {AllowList} allow
 * @param {Rules} rules
 */
function visibleClaims(text, today, allow, rules) {
  const links = spans(text, rules.links);
  const claims = [
    ...personalNumbers(text, links, today, rules),
    ...lastFour(text, today, rules),
    ...afterDayFirst(text, today, rules),
    ...reserveNumbers(text, today, rules),
    ...privateMail(text, rules, allow),
  ];
  const taken = [...links, ...claims.map(({ start, end }) => /** @type {Span} */ ([start, end]))];
  return settle([...claims, ...telephones(text, taken, rules, allow)], text.length);
}

/**
 * Only what is certain: attributes hold sizes, ids and colours, and all of them count as a link.
 * @param {string} text
 * @param {Today} today
 * @param {AllowList} allow
 * @param {Rules} rules
 */
function hiddenClaims(text, today, allow, rules) {
  const numbers = personalNumbers(text, [[0, text.length]], today, rules);
  return settle([...numbers, ...privateMail(text, rules, allow)], text.length);
}

// --- findings --------------------------------------------------------------------------------------------------------

/**
 * Keep claims that do not overlap: what blocks before what asks, then the first, then the longest.
 * @param {Finding[]} claims
 * @param {number} length
 */
function settle(claims, length) {
  const taken = new Uint8Array(length);
  const urgency = (/** @type {Finding} */ claim) => (claim.tier === "confirm" ? 1 : 0);
  const ordered = [...claims].sort((one, other) =>
    urgency(one) - urgency(other) || one.start - other.start || other.end - one.end);
  const kept = ordered.filter(({ start, end }) => {
    if (taken.subarray(start, end).some(Boolean)) return false;
    taken.fill(1, start, end);
    return true;
  });
  return kept.sort((one, other) => one.start - other.start);
}

/**
 * @param {Finding[]} claims
 * @param {Folded} folded
 * @returns {Finding[]}
 */
function placed(claims, folded) {
  return claims.map(({ kind, tier, start, end }) => ({
    kind,
    tier,
    start: folded.starts[start],
    end: folded.ends[end - 1],
  }));
}

// --- folding: `addin/privacy/folding.py` ----------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {Rules} rules
 */
function fold(text, rules) {
  const visible = emptyFolded();
  const hidden = emptyFolded();
  let done = 0;
  for (const match of text.matchAll(rules.markup)) {
    foldPlain(text, done, match.index, visible, rules);
    foldMarkup(text, match, visible, hidden, rules);
    done = match.index + match[0].length;
  }
  foldPlain(text, done, text.length, visible, rules);
  return { visible, hidden };
}

/** @returns {Folded} */
function emptyFolded() {
  return { characters: [], starts: [], ends: [], afterOrnate: -1 };
}

/**
 * @param {Folded} folded
 * @param {string} character empty where it stands for nothing
 * @param {number} start
 * @param {number} end
 */
function add(folded, character, start, end) {
  if (!character) return;
  if (folded.afterOrnate === folded.characters.length && isDigit(character)) append(folded, APART, start, start);
  append(folded, character, start, end);
}

/**
 * @param {Folded} folded
 * @param {string} digits what one ornate digit is worth
 * @param {number} start
 * @param {number} end
 */
function addOrnate(folded, digits, start, end) {
  const { characters, afterOrnate } = folded;
  const count = characters.length;
  if (count > 0 && afterOrnate !== count && isDigit(characters[count - 1])) append(folded, APART, start, start);
  for (const digit of digits) append(folded, digit, start, end);
  folded.afterOrnate = characters.length;
}

/**
 * @param {Folded} folded
 * @param {string} character
 * @param {number} start
 * @param {number} end
 */
function append(folded, character, start, end) {
  folded.characters.push(character);
  folded.starts.push(start);
  folded.ends.push(end);
}

/** @param {string} character */
function isDigit(character) {
  return character >= "0" && character <= "9";
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {Folded} into
 * @param {Rules} rules
 */
function foldPlain(text, start, end, into, rules) {
  let place = start;
  for (const character of text.slice(start, end)) {
    foldCharacter(character, place, place + character.length, into, rules);
    place += character.length;
  }
}

/**
 * @param {string} character
 * @param {number} start
 * @param {number} end
 * @param {Folded} into
 * @param {Rules} rules
 */
function foldCharacter(character, start, end, into, rules) {
  const digits = rules.ornate.get(character);
  if (digits !== undefined) addOrnate(into, digits, start, end);
  else add(into, plain(character, rules), start, end);
}

/**
 * One unit for one character, so that places in the folded text are indexes: what no rule knows beyond the basic
 * plane becomes U+FFFD.
 * @param {string} character
 * @param {Rules} rules
 */
function plain(character, rules) {
  return rules.characters.get(character) ?? (character.length > 1 ? "\ufffd" : character);
}

/**
 * @param {string} text
 * @param {RegExpMatchArray & {index: number}} match
 * @param {Folded} visible
 * @param {Folded} hidden
 * @param {Rules} rules
 */
function foldMarkup(text, match, visible, hidden, rules) {
  const start = match.index;
  const end = start + match[0].length;
  const { tag, attributes = "" } = match.groups ?? {};
  if (tag) {
    if (rules.partingTags.has(tag.toLowerCase())) add(visible, " ", start, end);
    add(hidden, " ", start, start + 1);
    foldPlain(text, end - 1 - attributes.length, end - 1, hidden, rules);
    return;
  }
  const character = referenced(match, rules);
  if (character !== null) foldCharacter(character, start, end, visible, rules);
  else if (match[0].startsWith("&")) foldPlain(text, start, end, visible, rules);
}

/**
 * @param {RegExpMatchArray} match
 * @param {Rules} rules
 * @returns {string | null} the character of a character reference; null where it is unknown or no character
 */
function referenced(match, rules) {
  const { decimal, hexadecimal, entity } = match.groups ?? {};
  if (entity) return rules.entities.get(entity) ?? null;
  if (!decimal && !hexadecimal) return null;
  const code = decimal ? parseInt(decimal, 10) : parseInt(hexadecimal, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}

// --- birthdays: `addin/privacy/birthdays.py` ------------------------------------------------------------------------

/**
 * @param {string} digits YYMMDD or YYYYMMDD
 * @param {Today} today
 */
function hasBirthday(digits, today) {
  if (digits.length === 8 && !CENTURIES.includes(digits.slice(0, 2))) return false;
  const latest = latestYear(digits, today);
  const years = digits.length === 6 ? [latest, latest - 100] : [latest];
  return years.some((year) => {
    const day = dayNumber(year, digits.slice(-4));
    return day !== null && day <= today.number;
  });
}

/**
 * @param {string} digits YYMMDD, in any century, or YYYYMMDD
 * @param {Today} today
 * @param {number} days
 */
function isNear(digits, today, days) {
  const latest = latestYear(digits, today);
  const years = digits.length === 6 ? [latest, latest + 100] : [latest];
  return years.some((year) => {
    const day = dayNumber(year, digits.slice(-4));
    return day !== null && Math.abs(day - today.number) <= days;
  });
}

/**
 * @param {string} digits
 * @param {Today} today
 */
function latestYear(digits, today) {
  if (digits.length === 8) return Number(digits.slice(0, 4));
  return today.year - ((((today.year - Number(digits.slice(0, 2))) % 100) + 100) % 100);
}

/**
 * @param {number} year
 * @param {string} monthAndDay MMDD
 * @returns {number | null} days since 1970, or null where the calendar has no such day
 */
function dayNumber(year, monthAndDay) {
  const month = Number(monthAndDay.slice(0, 2));
  const day = Number(monthAndDay.slice(2));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / DAY : null;
}

/** @param {string} digits HHMM */
function isClockTime(digits) {
  return Number(digits.slice(0, 2)) < 24 && Number(digits.slice(2)) < 60;
}

/** @param {string} digits ending in the check digit */
function isLuhn(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const value = Number(digits[digits.length - 1 - place]) * (place % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

// --- context: `addin/privacy/context.py` ----------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {Rules} rules
 * @returns {Context}
 */
function contextOf(text, start, end, rules) {
  const label = labelOf(text.slice(Math.max(0, start - LABEL_REACH), start), rules.labelFillers);
  return {
    numberWord: standsNear(rules.numberWords, text, start, end, rules.contextReach),
    patientWord: standsNear(rules.patientWords, text, start, end, rules.contextReach),
    otherNumber: rules.otherNumberLabels.has(label) || rules.roomLabels.has(label),
    room: rules.roomLabels.has(label),
    telephone: rules.telephoneLabels.has(label),
  };
}

/**
 * @param {RegExp} phrase
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} reach
 */
function standsNear(phrase, text, start, end, reach) {
  const first = Math.max(0, start - reach - LONGEST_PHRASE);
  const before = spans(text.slice(first, start), phrase);
  const after = spans(text.slice(end, end + reach + LONGEST_PHRASE), phrase);
  return (
    before.some(([from, to]) => start - (first + to) <= reach && isWhole(text, first + from, first + to)) ||
    after.some(([from, to]) => from <= reach && isWhole(text, end + from, end + to))
  );
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function isWhole(text, start, end) {
  return !isLetterAt(text, start - 1) && !isLetterAt(text, end);
}

/**
 * @param {string} text
 * @param {number} place
 */
function isLetterAt(text, place) {
  return place >= 0 && place < text.length && LETTERS.includes(text[place]);
}

/**
 * The word that names what follows `before`: "order" in "Order nr: ". Empty where no word does.
 * @param {string} before
 * @param {Set<string>} fillers
 */
function labelOf(before, fillers) {
  let word = "";
  for (let count = 0; count < LABEL_WORDS; count += 1) {
    let end = before.length;
    while (end > 0 && LABEL_PUNCTUATION.includes(before[end - 1])) end -= 1;
    let first = end;
    while (isLetterAt(before, first - 1)) first -= 1;
    word = before.slice(first, end);
    before = before.slice(0, first);
    if (!fillers.has(word)) break;
  }
  return word;
}

// --- personal numbers: `addin/privacy/personal_numbers.py`, which says the rules in order ---------------------------

/**
 * @param {string} text
 * @param {Span[]} links
 * @param {Today} today
 * @param {Rules} rules
 * @returns {Finding[]}
 */
function personalNumbers(text, links, today, rules) {
  const inLink = new Uint8Array(text.length);
  for (const [start, end] of links) inLink.fill(1, start, end);
  /** @type {Finding[]} */
  const claims = [];
  for (const candidate of candidates(text, rules)) {
    const reading = read(candidate, today);
    if (!reading) continue;
    const { start, end } = candidate;
    const tier = inLink[start]
      ? tierInLink(candidate, reading)
      : tierOf(candidate, reading, contextOf(text, start, end, rules), today, rules);
    if (tier) claims.push({ kind: reading.kind, tier, start, end });
  }
  return claims;
}

/**
 * @param {string} text
 * @param {Rules} rules
 * @returns {Generator<Candidate>}
 */
function* candidates(text, rules) {
  const groups = spans(text, /[0-9]+/g);
  const gaps = groups.slice(1).map(([start], place) => text.slice(groups[place][1], start));
  const joined = gaps.map((gap) => isGap(gap, rules));
  for (const [first, [start]] of groups.entries()) {
    let digits = "";
    /** @type {Map<number, string>} */
    const cuts = new Map();
    for (let last = first; last < groups.length; last += 1) {
      const [from, to] = groups[last];
      if (digits.length + to - from > WITH_CENTURY) break;
      digits += text.slice(from, to);
      const complete = digits.length === WITHOUT_CENTURY || digits.length === WITH_CENTURY;
      if (complete && !cutsATime(groups, gaps, first, last)) yield { digits, cuts: new Map(cuts), start, end: to };
      if (!joined[last]) break;
      cuts.set(digits.length, gaps[last]);
    }
  }
}

/**
 * @param {string} gap
 * @param {Rules} rules
 */
function isGap(gap, rules) {
  if (gap.length > rules.longestGap || (gap.includes(",") && gap !== ",")) return false;
  return [...gap].every((character) => rules.separators.has(character));
}

/**
 * @param {Span[]} groups
 * @param {string[]} gaps
 * @param {number} first
 * @param {number} last
 */
function cutsATime(groups, gaps, first, last) {
  return [first - 1, last].some((place) =>
    place >= 0 &&
    place < gaps.length &&
    (gaps[place] === "." || gaps[place] === ":") &&
    groups.slice(place, place + 2).every(([start, end]) => end - start === 2));
}

/**
 * @param {Candidate} candidate
 * @param {Today} today
 * @returns {Reading | null}
 */
function read({ digits }, today) {
  const date = digits.slice(0, -SERIAL);
  const day = Number(date.slice(-2));
  const checked = () => isLuhn(digits.slice(-WITHOUT_CENTURY));
  if (hasBirthday(date, today)) return { kind: "personal-number", checked: checked() };
  if (day > COORDINATION_DAYS) {
    const asBorn = date.slice(0, -2) + String(day - COORDINATION_DAYS).padStart(2, "0");
    if (hasBirthday(asBorn, today)) return { kind: "coordination-number", checked: checked() };
  }
  if (STOCKHOLM.test(digits)) return { kind: "reserve-number", checked: isLuhn(digits.slice(4)) };
  if (CARELINK.test(digits)) return { kind: "reserve-number", checked: checked() };
  return null;
}

/**
 * @param {Candidate} candidate
 * @param {Reading} reading
 * @returns {Tier | null}
 */
function tierInLink(candidate, reading) {
  const withCentury = candidate.digits.length === WITH_CENTURY;
  return reading.checked && withCentury && isCutAtMostOnce(candidate) ? "block" : null;
}

/**
 * @param {Candidate} candidate
 * @param {Reading} reading
 * @param {Context} context
 * @param {Today} today
 * @param {Rules} rules
 * @returns {Tier | null}
 */
function tierOf(candidate, reading, context, today, rules) {
  const natural = isCutNaturally(candidate);
  if (context.telephone) return null;
  if (context.otherNumber) return reading.checked && isCutAtMostOnce(candidate) ? "confirm" : null;
  const mobile = looksLikeAMobile(candidate);
  if (context.numberWord && (reading.checked || (natural && !mobile))) return "block";
  if (!natural || mobile || isAppointment(candidate, reading, today, rules)) return null;
  return reading.checked ? "block" : tierDespiteCheckDigit(candidate, context);
}

/**
 * @param {Candidate} candidate
 * @param {Context} context
 * @returns {Tier | null}
 */
function tierDespiteCheckDigit(candidate, context) {
  if (isClockTime(candidate.digits.slice(-SERIAL))) return null;
  if (context.patientWord && isCutAtMostOnce(candidate)) return "block";
  const asUsual = candidate.cuts.size > 0 || candidate.digits.length === WITH_CENTURY;
  return isCutAtMostOnce(candidate) && asUsual ? "confirm" : null;
}

/** @param {Candidate} candidate */
function isCutAtMostOnce({ digits, cuts }) {
  return [...cuts.keys()].every((place) => place === digits.length - SERIAL);
}

/** @param {Candidate} candidate */
function isCutNaturally({ digits, cuts }) {
  const length = digits.length;
  const places = [...cuts.keys()];
  if (places.every((place) => place === length - WITHOUT_CENTURY)) return true;
  const parts = [10, 8, 6, 4, 2, 1].map((fromTheEnd) => length - fromTheEnd);
  if (places.length === length - 1) return true;
  return places.every((place) => parts.includes(place)) && (cuts.has(length - SERIAL) || STOCKHOLM.test(digits));
}

/** @param {Candidate} candidate */
function looksLikeAMobile({ digits, cuts }) {
  if (digits.length !== WITHOUT_CENTURY || !digits.startsWith(MOBILE)) return false;
  const cutAsAPersonalNumber = cuts.size === 1 && cuts.has(WITHOUT_CENTURY - SERIAL);
  return Number(digits.slice(4, 6)) > COORDINATION_DAYS && !cutAsAPersonalNumber;
}

/**
 * @param {Candidate} candidate
 * @param {Reading} reading
 * @param {Today} today
 * @param {Rules} rules
 */
function isAppointment({ digits, cuts }, reading, today, rules) {
  const isTime = isClockTime(digits.slice(-SERIAL));
  const point = cuts.get(digits.length - 2);
  if (isTime && (point === "." || point === ":")) return true;
  if (!isTime || reading.kind !== "personal-number") return false;
  const aHundredYears = [...cuts.values()].some((gap) => gap.includes("+"));
  return !aHundredYears && isNear(digits.slice(0, -SERIAL), today, rules.timeWindowDays);
}

// --- last four: `addin/privacy/last_four.py` ------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {Today} today
 * @param {Rules} rules
 * @returns {Finding[]}
 */
function lastFour(text, today, { lastFour: { phrase, birthDate, reach } }) {
  return spans(text, phrase)
    .filter(([start, end]) => !isLetterAt(text, start - 1) && !isDigitAt(text, end))
    .map(([start, end]) => {
      const before = text.slice(Math.max(0, start - reach), start);
      const tier = holdsABirthday(before, today, birthDate) ? "block" : "confirm";
      return { kind: "personal-number", tier, start: end - SERIAL, end };
    });
}

/**
 * @param {string} text
 * @param {Today} today
 * @param {Rules} rules
 * @returns {Finding[]}
 */
function afterDayFirst(text, today, rules) {
  const { dayFirst, months } = rules.lastFour;
  /** @type {Finding[]} */
  const claims = [];
  for (const match of text.matchAll(dayFirst)) {
    const start = match.index;
    const end = start + match[0].length;
    const isInside =
      isDigitAt(text, start - 1) || (start > 0 && "./-".includes(text[start - 1]) && isDigitAt(text, start - 2));
    if (isInside || isDigitAt(text, end)) continue;
    const [, day, numeric, named, year, serial] = match;
    const month = numeric ? Number(numeric) : months.indexOf(named.slice(0, 3)) + 1;
    const date = year + String(month).padStart(2, "0") + day.padStart(2, "0");
    const isMoment = isClockTime(serial) && isNear(date, today, rules.timeWindowDays);
    if (hasBirthday(date, today) && isLuhn(date.slice(-6) + serial) && !isMoment)
      claims.push({ kind: "personal-number", tier: "confirm", start, end });
  }
  return claims;
}

/**
 * @param {string} text
 * @param {Today} today
 * @param {RegExp} birthDate
 */
function holdsABirthday(text, today, birthDate) {
  return Array.from(text.matchAll(birthDate)).some((match) => {
    const [written, year, month, day] = match;
    const isAlone = !isDigitAt(text, match.index - 1) && !isDigitAt(text, match.index + written.length);
    return isAlone && hasBirthday(year + month + day, today);
  });
}

// --- reserve numbers: `addin/privacy/reserve_numbers.py` ------------------------------------------------------------

/**
 * @param {string} text
 * @param {Today} today
 * @param {Rules} rules
 * @returns {Finding[]}
 */
function reserveNumbers(text, today, rules) {
  /** @type {Finding[]} */
  const claims = [];
  const pattern = new RegExp(DATE_AND_SUFFIX);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    pattern.lastIndex = match.index + 1;
    const start = match.index;
    const end = start + match[0].length;
    const [, year, firstGap, month, secondGap, day, gap, suffix] = match;
    if (!/[a-z]/.test(suffix) || isPartOfMore(text, start, end)) continue;
    const tight = !firstGap && !secondGap && (gap === "" || gap === "-");
    const sure = contextOf(text, start, end, rules).numberWord;
    const spelling = { date: year + month + day, suffix, tight };
    if (rules.reserves.some((rule) => fits(rule, spelling, today, rules.timeWindowDays, sure))) {
      claims.push({ kind: "reserve-number", tier: "block", start, end });
    }
  }
  return claims;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function isPartOfMore(text, start, end) {
  return isDigitAt(text, start - 1) || isDigitAt(text, end) || isLetterAt(text, end);
}

/**
 * @param {string} text
 * @param {number} place
 */
function isDigitAt(text, place) {
  return text[place] >= "0" && text[place] <= "9";
}

/**
 * @param {ReserveRule} rule
 * @param {{date: string, suffix: string, tight: boolean}} spelling
 * @param {Today} today
 * @param {number} days
 * @param {boolean} sure a word for a personal number stands near
 */
function fits(rule, { date, suffix, tight }, today, days, sure) {
  if (!rule.suffix.test(suffix) || !hasReserveDate(rule, date, today)) return false;
  if (rule.notSuffix?.test(suffix)) return false;
  if (Object.keys(rule.luhnLetters).length > 0) {
    const values = [...suffix].map((character) => rule.luhnLetters[character] ?? character).join("");
    if (!isLuhn(date.slice(2) + values)) return false;
  }
  const ofTheseDays = !rule.nationalDate && isNear(date, today, days);
  return sure || (tight && rule.gap) || (!ofTheseDays && (tight || rule.gap));
}

/**
 * @param {ReserveRule} rule
 * @param {string} digits
 * @param {Today} today
 */
function hasReserveDate(rule, digits, today) {
  if (digits.length === 6) return rule.shortDate && hasBirthday(digits, today);
  if (!rule.nationalDate) return hasBirthday(digits, today);
  const series = Number(digits.slice(0, 2));
  if (series < FIRST_NATIONAL_SERIES) return UNKNOWN_BIRTHDAY.test(digits);
  const century = EARLIEST_CENTURY + ((series - EARLIEST_CENTURY) % NATIONAL_STEP);
  return hasBirthday(`${century}${digits.slice(2)}`, today);
}

// --- private mail: `addin/privacy/mail.py` and `addin/privacy/allow.py` ---------------------------------------------

/**
 * @param {string} text
 * @param {Rules} rules
 * @param {AllowList} allow
 * @returns {Finding[]}
 */
function privateMail(text, rules, allow) {
  /** @type {Finding[]} */
  const claims = [];
  for (const [at, afterAt] of spans(text, rules.at)) {
    const [start, left] = localPart(text, at);
    const [right, end] = domainPart(text, afterAt);
    const [local, domain] = atHome(text.slice(start, left), text.slice(right, end));
    if (local && isPrivate(domain, rules) && !allowsMail(allow, local, domain)) {
      claims.push({ kind: "private-mail", tier: "block", start, end });
    }
  }
  return claims;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {Span}
 */
function localPart(text, at) {
  let end = at;
  while (end > Math.max(0, at - MOST_SPACES) && text[end - 1] === " ") end -= 1;
  let start = end;
  const furthest = Math.max(0, end - LONGEST_LOCAL_PART);
  while (start > furthest && !NOT_IN_A_LOCAL_PART.includes(text[start - 1])) start -= 1;
  while (start < end && ".-'".includes(text[start])) start += 1;
  return [start, end];
}

/**
 * @param {string} text
 * @param {number} afterAt
 * @returns {Span}
 */
function domainPart(text, afterAt) {
  let start = afterAt;
  while (start < Math.min(text.length, afterAt + MOST_SPACES) && text[start] === " ") start += 1;
  let end = start;
  const furthest = Math.min(text.length, start + LONGEST_DOMAIN);
  while (end < furthest && IN_A_DOMAIN.includes(text[end])) end += 1;
  while (end > start && ".-".includes(text[end - 1])) end -= 1;
  return [start, end];
}

/**
 * Of a guest in Entra, `anna_home.example#EXT#@tenant.onmicrosoft.com`, the two parts of the address at home.
 *
 * @param {string} local
 * @param {string} domain
 * @returns {[string, string]}
 */
function atHome(local, domain) {
  if (!local.endsWith(GUEST)) return [local, domain];
  const both = local.slice(0, -GUEST.length);
  const underscore = both.lastIndexOf("_");
  return underscore < 0 ? [local, domain] : [both.slice(0, underscore), both.slice(underscore + 1)];
}

/**
 * @param {string} domain
 * @param {Rules} rules
 */
function isPrivate(domain, rules) {
  const point = domain.indexOf(".");
  const name = point < 0 ? domain : domain.slice(0, point);
  const ending = point < 0 ? "" : domain.slice(point + 1);
  if (rules.providers.has(name) && (!ending || rules.providerEndings.test(ending))) return true;
  return liesIn(domain, rules.domains);
}

/**
 * @param {AllowList} allow
 * @param {string} local
 * @param {string} domain
 */
function allowsMail({ mailDomains = [], mailAddresses = [] }, local, domain) {
  const addresses = mailAddresses.map((address) => address.toLowerCase());
  const domains = new Set(mailDomains.map((name) => name.toLowerCase().replace(/^@/, "")));
  return addresses.includes(`${local}@${domain}`) || liesIn(domain, domains);
}

/**
 * @param {string} domain
 * @param {Set<string>} domains
 */
function liesIn(domain, domains) {
  const labels = domain.split(".");
  return labels.some((_, first) => domains.has(labels.slice(first).join(".")));
}

// --- telephone numbers: the service uses libphonenumber; here its Swedish patterns stand in the rules ---------------

/**
 * @param {string} text
 * @param {Span[]} taken
 * @param {Rules} rules
 * @param {AllowList} allow
 * @returns {Finding[]}
 */
function telephones(text, taken, rules, { telephoneNumbers = [] }) {
  const masked = text.split("");
  for (const [start, end] of [...taken, ...spans(text, rules.moments)]) masked.fill("|", start, end);
  const allowed = new Set(telephoneNumbers.flatMap((open) => numbersOf(open, rules)));
  /** @type {Finding[]} */
  const claims = [];
  for (const { start, end, number } of numbersIn(masked.join(""), rules)) {
    if (allowed.has(number)) continue;
    const context = contextOf(text, start, end, rules);
    if (context.room || !context.otherNumber) claims.push({ kind: "telephone", tier: "confirm", start, end });
  }
  return claims;
}

/**
 * The number of an open telephone, as E.164, however the organisation has written it: `Växel 08-465 004 10, ankn. 2`.
 * @param {string} open
 * @param {Rules} rules
 */
function numbersOf(open, rules) {
  return Array.from(numbersIn(fold(open, rules).visible.characters.join(""), rules), ({ number }) => number);
}

/**
 * The numbers with their places: each the longest that can begin there.
 * @param {string} text folded
 * @param {Rules} rules
 * @returns {Generator<{start: number, end: number, number: string}>}
 */
function* numbersIn(text, rules) {
  const pattern = new RegExp(WRITTEN);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const start = match.index;
    const found = beginsInsideANumber(text, start) ? null : longestTelephone(match[0], rules);
    pattern.lastIndex = start + (found?.length ?? 1);
    if (found) yield { start, end: start + found.length, number: found.number };
  }
}

/**
 * Whether `place` lies in a date, a time or a longer number: after a digit, or after a digit and a tight separator.
 * @param {string} text
 * @param {number} place
 */
function beginsInsideANumber(text, place) {
  return isDigitAt(text, place - 1) || (".-/".includes(text[place - 1] ?? " ") && isDigitAt(text, place - 2));
}

/**
 * @param {string} written digits and separators that may end in another number
 * @param {Rules} rules
 * @returns {{length: number, number: string} | null}
 */
function longestTelephone(written, rules) {
  const ends = spans(written, /[0-9]+/g).map(([, end]) => end).reverse();
  for (const length of ends) {
    const number = international(written.slice(0, length), rules);
    if (number) return { length, number };
  }
  return null;
}

/**
 * @param {string} written
 * @param {Rules} rules
 * @returns {string | null} the number as E.164, or null where it is none
 */
function international(written, rules) {
  const digits = written.replace(/[^0-9]/g, "");
  const home = rules.countryCode;
  const abroad = /^\(?\+/.test(written) ? digits : digits.startsWith("00") ? digits.slice(2) : null;
  if (abroad === null && !digits.startsWith("0")) return null;
  if (abroad !== null && !abroad.startsWith(home)) {
    const fits = abroad.length >= SHORTEST_INTERNATIONAL && abroad.length <= LONGEST_INTERNATIONAL;
    return fits && abroad[0] !== "0" ? `+${abroad}` : null;
  }
  const national = (abroad === null ? digits : abroad.slice(home.length)).replace(/^0/, "");
  return rules.swedishNumbers.some((pattern) => pattern.test(national)) ? `+${home}${national}` : null;
}

/**
 * @param {string} text
 * @param {RegExp} pattern global
 * @returns {Span[]}
 */
function spans(text, pattern) {
  return Array.from(text.matchAll(pattern), (match) => [match.index, match.index + match[0].length]);
}

// --- rules: `addin/privacy/rules.py` --------------------------------------------------------------------------------

/** @param {any} data the content of `personal_data_rules.json` */
function compile(data) {
  const { folding, personal_number: numbers, last_four: four, mail, telephone } = data;
  const parting = words(folding.tags_that_part);
  const joining = words(folding.tags_that_join);
  return {
    characters: characterTable(folding),
    ornate: ornateDigits(folding.ornate_digits),
    entities: new Map(Object.entries(/** @type {Record<string, string>} */ (folding.entities))),
    markup: markup([...parting, ...joining]),
    partingTags: new Set(parting),
    links: new RegExp(data.links, "g"),
    separators: new Set(/** @type {string} */ (numbers.separators)),
    longestGap: /** @type {number} */ (numbers.longest_gap),
    contextReach: /** @type {number} */ (numbers.context_reach),
    timeWindowDays: /** @type {number} */ (numbers.time_window_days),
    numberWords: new RegExp(numbers.number_words, "g"),
    patientWords: new RegExp(numbers.patient_words, "g"),
    otherNumberLabels: new Set(words(numbers.other_number_labels)),
    roomLabels: new Set(words(numbers.room_labels)),
    telephoneLabels: new Set(words(numbers.telephone_labels)),
    labelFillers: new Set(words(numbers.label_fillers)),
    moments: new RegExp(numbers.moments, "g"),
    lastFour: {
      phrase: new RegExp(four.phrase, "g"),
      birthDate: new RegExp(four.birth_date, "g"),
      dayFirst: new RegExp(four.day_first, "g"),
      months: words(four.months),
      reach: /** @type {number} */ (four.reach),
    },
    reserves: /** @type {any[]} */ (data.reserve_numbers).map(reserveRule),
    at: new RegExp(mail.at, "g"),
    providers: new Set(words(mail.providers)),
    providerEndings: whole(mail.provider_endings),
    domains: new Set(words(mail.domains)),
    countryCode: /** @type {string} */ (telephone.country_code),
    swedishNumbers: /** @type {string[]} */ (telephone.swedish).map(whole),
  };
}

/**
 * @param {any} one
 * @returns {ReserveRule}
 */
function reserveRule(one) {
  return {
    suffix: whole(one.suffix),
    gap: one.gap,
    shortDate: one.short_date ?? false,
    nationalDate: one.date === "national",
    luhnLetters: one.luhn_letters ?? {},
    notSuffix: one.not_suffix ? whole(one.not_suffix) : null,
  };
}

/**
 * @param {string} text
 * @returns {string[]}
 */
function words(text) {
  return text.split(" ");
}

/** @param {string} pattern */
function whole(pattern) {
  return new RegExp(`^(?:${pattern})$`);
}

/** @param {string[]} tags */
function markup(tags) {
  const names = [...tags.sort((one, other) => other.length - one.length), "[a-z]+:[a-z]+"].join("|");
  const tag = `</?(?<tag>${names})(?<attributes>(?:[ \\t\\r\\n\\f][^<>]*|/)?)>`;
  const other = "<(?:!(?:--|\\[|doctype)|\\?xml)[^<>]*>";
  const reference = "&(?:#(?<decimal>[0-9]{1,7})|#x(?<hexadecimal>[0-9a-f]{1,6})|(?<entity>[a-z]{2,8}));";
  return new RegExp(`${tag}|${other}|${reference}`, "gi");
}

/** @param {any} folding */
function characterTable(folding) {
  /** @type {Map<string, string>} */
  const table = new Map();
  const put = (/** @type {number} */ code, /** @type {string} */ form) => table.set(String.fromCodePoint(code), form);
  const lower = [...folding.lower_case_beyond_ascii];
  [...folding.upper_case_beyond_ascii].forEach((upper, place) => table.set(upper, lower[place]));
  for (let code = 0x41; code <= 0x5a; code += 1) put(code, String.fromCodePoint(code + 32));
  // Full-width forms lie 0xFEE0 above ASCII (Unicode 15, Halfwidth and Fullwidth Forms).
  for (let code = 0xff01; code < 0xff5f; code += 1) put(code, String.fromCodePoint(code - 0xfee0).toLowerCase());
  for (const zero of words(folding.digit_zeros)) {
    for (let value = 0; value < 10; value += 1) put(parseInt(zero, 16) + value, String(value));
  }
  for (const [name, form] of Object.entries(PLAIN_FORMS)) {
    for (const code of words(folding[name])) put(parseInt(code, 16), form);
  }
  for (const range of folding.ignored) {
    const [first, last = first] = range.split("-");
    for (let code = parseInt(first, 16); code <= parseInt(last, 16); code += 1) put(code, "");
  }
  return table;
}

/** @param {string} counted "2460-2473=1" counts on from 1 */
function ornateDigits(counted) {
  /** @type {Map<string, string>} */
  const table = new Map();
  for (const [, first, last, value] of counted.matchAll(/([0-9A-F]+)(?:-([0-9A-F]+))?=([0-9]+)/g)) {
    const from = parseInt(first, 16);
    for (let code = from; code <= parseInt(last ?? first, 16); code += 1)
      table.set(String.fromCodePoint(code), String(Number(value) + code - from));
  }
  return table;
}

const PLAIN_FORMS = {
  dashes: "-",
  spaces: " ",
  dots: ".",
  slashes: "/",
  colons: ":",
  pluses: "+",
  at_signs: "@",
  apostrophes: "'",
};
