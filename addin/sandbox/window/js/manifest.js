/**
 * Reads from an add-in's XML manifest what Outlook's ribbon shows in an appointment that is being organised:
 * buttons that open a task pane. Elements as in the add-in manifest reference (schema VersionOverrides 1.0 and 1.1).
 */

/** @typedef {{label: string, icon: string | null, help: string, paneUrl: string}} PaneButton */
/** @typedef {{id: string, name: string, sharedFolders: boolean, buttons: PaneButton[]}} Manifest */

const TYPE = "http://www.w3.org/2001/XMLSchema-instance";

/** @returns {Promise<Manifest>} */
export async function loadManifest() {
  const answer = await fetch("/window/manifest.xml");
  if (!answer.ok) throw new Error(`/window/manifest.xml answered ${answer.status}`);
  return readManifest(await answer.text());
}

/**
 * @param {string} xml
 * @returns {Manifest}
 */
export function readManifest(xml) {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  if (parsed.querySelector("parsererror")) throw new Error("the manifest is not well-formed XML");
  const overrides = newestOverrides(parsed);
  return {
    id: textIn(parsed.documentElement, "Id").toLowerCase(),
    name: parsed.documentElement.getElementsByTagName("DisplayName")[0]?.getAttribute("DefaultValue") ?? "",
    sharedFolders: overrides ? textIn(overrides, "SupportsSharedFolders") === "true" : false,
    buttons: overrides ? paneButtons(overrides) : [],
  };
}

/**
 * @param {Document} parsed
 * @returns {Element | null} the innermost overrides: a client that knows 1.1 ignores the 1.0 around it
 */
function newestOverrides(parsed) {
  return [...parsed.getElementsByTagNameNS("*", "VersionOverrides")].at(-1) ?? null;
}

/**
 * @param {Element} overrides
 * @returns {PaneButton[]}
 */
function paneButtons(overrides) {
  return [...overrides.getElementsByTagNameNS("*", "ExtensionPoint")]
    .filter((point) => point.getAttributeNS(TYPE, "type") === "AppointmentOrganizerCommandSurface")
    .flatMap((point) => [...point.getElementsByTagNameNS("*", "Control")])
    .filter((control) => child(control, "Action")?.getAttributeNS(TYPE, "type") === "ShowTaskpane")
    .map((control) => paneButton(control, overrides));
}

/**
 * @param {Element} control
 * @param {Element} overrides
 * @returns {PaneButton}
 */
function paneButton(control, overrides) {
  const tip = child(control, "Supertip");
  const images = [...(child(control, "Icon")?.children ?? [])];
  const image = images.find((one) => one.getAttribute("size") === "32") ?? images[0];
  return {
    label: resource(overrides, child(control, "Label")),
    icon: image ? resource(overrides, image) : null,
    help: tip ? resource(overrides, child(tip, "Description")) : "",
    paneUrl: resource(overrides, child(/** @type {Element} */ (child(control, "Action")), "SourceLocation")),
  };
}

/**
 * @param {Element} overrides
 * @param {Element | null} reference element with a `resid`
 * @returns {string} the resource in Swedish, or its default
 */
function resource(overrides, reference) {
  const wanted = reference?.getAttribute("resid");
  const found = [...overrides.getElementsByTagNameNS("*", "*")].find(
    (one) => one.getAttribute("id") === wanted && one.hasAttribute("DefaultValue"),
  );
  if (!found) throw new Error(`the manifest has no resource ${wanted}`);
  const swedish = [...found.children].find((one) => one.getAttribute("Locale")?.startsWith("sv"));
  return swedish?.getAttribute("Value") ?? found.getAttribute("DefaultValue") ?? "";
}

/**
 * @param {Element} parent
 * @param {string} name
 * @returns {Element | null}
 */
function child(parent, name) {
  return [...parent.children].find((one) => one.localName === name) ?? null;
}

/**
 * @param {Element} root
 * @param {string} name
 * @returns {string}
 */
function textIn(root, name) {
  return root.getElementsByTagNameNS("*", name)[0]?.textContent?.trim() ?? "";
}
