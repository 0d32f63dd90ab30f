/**
 * An access token for our API, from the Outlook that hosts the pane. One seam: `accessToken()`.
 *
 * Only access tokens leave the pane, never ID tokens, and none is stored: it lives in this module's memory. Outlook
 * keeps and renews tokens itself (Office.auth, IdentityAPI 1.3); a tenant with nested app authentication can put its
 * own function in this one's place.
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
  return (fresh = false, challenge = null) => {
    if (token === null || fresh || challenge !== null) {
      const asked = ask(auth, challenge);
      token = asked;
      // A refusal is told to whoever asked and forgotten, so that the next try asks Outlook again.
      asked.catch(() => {
        if (token === asked) token = null;
      });
    }
    return token;
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
