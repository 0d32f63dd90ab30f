/**
 * Puts a text on the clipboard as plain text and HTML at once, so that it pastes well in 1177 and in a letter.
 *
 * Outlook's frames do not always grant the clipboard permission; then the older `copy` command does the same, as
 * long as it runs within the click.
 */

/** @typedef {{plain: string, html: string}} Copy */

/**
 * @param {Copy} copy
 * @returns {Promise<boolean>} false when the browser refuses both ways
 */
export async function putOnClipboard(copy) {
  try {
    await navigator.clipboard.write([
      new ClipboardItem({
        "text/plain": blob(copy.plain, "text/plain"),
        "text/html": blob(copy.html, "text/html"),
      }),
    ]);
    return true;
  } catch {
    return byCommand(copy);
  }
}

/**
 * @param {string} content
 * @param {string} type
 */
function blob(content, type) {
  return new Blob([content], { type });
}

/** @param {Copy} copy */
function byCommand({ plain, html }) {
  const fill = (/** @type {ClipboardEvent} */ event) => {
    event.clipboardData?.setData("text/plain", plain);
    event.clipboardData?.setData("text/html", html);
    event.preventDefault();
  };
  document.addEventListener("copy", fill, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  return done;
}
