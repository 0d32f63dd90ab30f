/**
 * An access token for our API, from the Outlook that hosts the pane. One seam: `accessToken()`.
 *
 * Only access tokens leave the pane, never ID tokens, and none is stored: it lives in this module's memory. Outlook
 * keeps and renews tokens itself (Office.auth, IdentityAPI 1.3); a tenant with nested app authentication can put its
 * own function in this one's place. Outlook is asked once at a time: on the web it refuses a second call before the
 * first has ended (13008).
 */

/** Outlook gave no token; `code` is Office's number (13001 and on), which the service desk can look up. */
export class SignInError extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`sign-in ${code}`);
    this.name = "SignInError";
    this.code = code;
  }
}

/**
 * Return the function that gives a token: the one in memory, or a new one when asked for (`fresh`), or when Entra wants
 * more of the person first (`challenge`, its own words, for which Outlook asks her).
 * @param {Office.Auth} auth
 * @returns {import("./api.js").AccessToken}
 */
export function signIn(auth) {
  /** @type {Promise<string> | null} */
  let token = null;
  /** The question that Outlook has not answered yet. @type {Promise<string> | null} */
  let open = null;
  return (fresh = false, challenge = null) => {
    // What is on its way is as fresh as can be, but only what Outlook asks her for answers a challenge.
    if (challenge === null && open !== null) return open;
    if (challenge === null && token !== null && !fresh) return token;
    const earlier = open ?? Promise.resolve();
    const asked = earlier.catch(() => undefined).then(() => ask(auth, challenge));
    token = open = asked;
    const end = () => {
      if (open === asked) open = null;
    };
    // A refusal is told to whoever asked and forgotten, so that the next try asks Outlook again.
    const forget = () => {
      if (token === asked) token = null;
    };
    asked.then(end, () => (end(), forget()));
    return asked;
  };
}

/**
 * @param {Office.Auth} auth
 * @param {string | null} challenge
 * @returns {Promise<string>}
 */
async function ask(auth, challenge) {
  const more = challenge === null ? {} : { authChallenge: challenge };
  try {
    return await auth.getAccessToken({ allowSignInPrompt: true, ...more });
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : 0;
    throw new SignInError(code);
  }
}
