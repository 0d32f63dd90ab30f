/**
 * Office.js stand-in for the sandbox: the subset of the mailbox API that our pane uses, with the names, shapes and
 * limits of Outlook on the web. Runs in the pane's frame, in place of appsforoffice.microsoft.com/lib/1/hosted/office.js,
 * and asks the window that served it (its own origin) by postMessage:
 *
 *   pane -> window  hello | call {id, name, args}
 *   window -> pane  welcome {displayLanguage, userProfile, shared, seriesId} | answer {id, value | error} | event {type, ...}
 *
 * Names and signatures are held against @types/office-js by tests/node/office_contract.
 */
(() => {
  "use strict";

  /** @template T @typedef {(result: Office.AsyncResult<T>) => void} Callback */
  /** @template T @typedef {Office.AsyncContextOptions | Callback<T>} OptionsOrCallback */
  /** @typedef {{code: number, name: string, message: string}} Failure */
  /** @typedef {{take: (value: any) => void, refuse: (failure: Failure) => void}} Waiting */

  const CHANNEL = "office-stand-in";
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const WINDOW_ORIGIN = new URL(script.src).origin;

  /** Limits of the web client (limits for activation and JavaScript API for Outlook add-ins; Body and Location reference). */
  const SIMULTANEOUS_CALLS = 3;
  const PROPERTIES_MAX = 2500;
  const LOCATION_MAX = 255;
  const SUBJECT_MAX = 255;
  const BODY_MAX = 1_000_000;

  const TOO_MANY_CALLS = {
    code: 5100,
    name: "API Call Failed",
    message: "Wait until the previous call completes.",
  };

  /** As "Troubleshoot error messages for single sign-on" tells of the web client. */
  const TOKEN_ASKED = {
    code: 13008,
    name: "Token request pending",
    message: "A previous call of getAccessToken has not completed.",
  };

  /** Requirement sets and their highest version, as Outlook on the web announces them. */
  const SETS = /** @type {Record<string, string>} */ ({
    mailbox: "1.16",
    identityapi: "1.3",
    addincommands: "1.1",
    dialogapi: "1.2",
  });

  const AsyncResultStatus = /** @type {const} */ ({ Succeeded: "succeeded", Failed: "failed" });
  const CoercionType = /** @type {const} */ ({ Html: "html", Text: "text" });
  const EventType = /** @type {const} */ ({
    AppointmentTimeChanged: "olkAppointmentTimeChanged",
    RecurrenceChanged: "olkRecurrenceChanged",
  });
  const HostType = /** @type {const} */ ({ Outlook: "Outlook" });
  const PlatformType = /** @type {const} */ ({ OfficeOnline: "OfficeOnline" });

  // --- The line to the window -------------------------------------------------------------------------------------

  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let lastId = 0;
  /** @type {{type: string, handler: (event: any) => void}[]} */
  let handlers = [];

  /** @param {Record<string, unknown>} message */
  function post(message) {
    window.parent.postMessage({ channel: CHANNEL, ...message }, WINDOW_ORIGIN);
  }

  /** @type {Promise<any>} */
  const welcomed = new Promise((resolve) => {
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== WINDOW_ORIGIN || event.data?.channel !== CHANNEL)
        return;
      const { kind } = event.data;
      if (kind === "welcome") resolve(event.data);
      else if (kind === "answer") settle(event.data);
      else if (kind === "event") tell(event.data);
    });
  });

  /** @param {{id: number, value?: unknown, error?: Failure}} answer */
  function settle({ id, value, error }) {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.refuse(error);
    else one?.take(value);
  }

  /** @param {{type: string}} event of a changed time with start and end as ISO texts, as the web client gives them */
  function tell({ type, ...facts }) {
    for (const one of handlers.filter((each) => each.type === type)) one.handler({ type, ...facts });
  }

  /**
   * @param {string} name
   * @param {unknown[]} args
   * @param {Waiting} then
   */
  function call(name, args, then) {
    lastId += 1;
    waiting.set(lastId, then);
    post({ kind: "call", id: lastId, name, args });
  }

  // --- Asynchronous calls -----------------------------------------------------------------------------------------

  let running = 0;

  /**
   * Call the window, at most three at a time, and give the callback an AsyncResult.
   *
   * @template T
   * @param {string} name
   * @param {unknown[]} args
   * @param {OptionsOrCallback<T> | undefined} first
   * @param {Callback<T> | undefined} second
   * @param {(value: any) => T} [format]
   */
  function invoke(name, args, first, second, format = (value) => value) {
    const callback = typeof first === "function" ? first : second;
    const asyncContext = typeof first === "object" ? first.asyncContext : undefined;
    if (running >= SIMULTANEOUS_CALLS) {
      queueMicrotask(() => callback?.(failed(TOO_MANY_CALLS, asyncContext)));
      return;
    }
    running += 1;
    const end = (/** @type {Office.AsyncResult<any>} */ result) => {
      running -= 1;
      callback?.(result);
    };
    call(name, args, {
      take: (value) => end(succeeded(format(value), asyncContext)),
      refuse: (failure) => end(failed(failure, asyncContext)),
    });
  }

  /**
   * @template T
   * @param {T} value
   * @param {unknown} asyncContext
   * @returns {Office.AsyncResult<T>}
   */
  function succeeded(value, asyncContext) {
    return /** @type {any} */ ({ value, asyncContext, status: AsyncResultStatus.Succeeded });
  }

  /**
   * @param {Failure} error
   * @param {unknown} asyncContext
   * @returns {Office.AsyncResult<any>}
   */
  function failed(error, asyncContext) {
    return /** @type {any} */ ({ value: undefined, asyncContext, error, status: AsyncResultStatus.Failed });
  }

  /**
   * Outlook throws at once, before any call, when an argument cannot be right.
   *
   * @param {string} name
   * @param {string} parameter
   * @param {boolean} good
   */
  function demand(name, parameter, good) {
    if (good) return;
    const fault = new Error(
      `${name}: Specified argument was out of the range of valid values.\nParameter name: ${parameter}`,
    );
    throw Object.assign(fault, { name, paramName: parameter });
  }

  /**
   * @param {string} parameter
   * @param {string} text
   * @param {number} longest
   */
  function demandText(parameter, text, longest) {
    demand("Sys.ArgumentTypeException", parameter, typeof text === "string");
    demand("Sys.ArgumentOutOfRangeException", parameter, text.length <= longest);
  }

  /** @param {string} coercion */
  function demandCoercion(coercion) {
    demand(
      "Sys.ArgumentException",
      "coercionType",
      coercion === CoercionType.Html || coercion === CoercionType.Text,
    );
  }

  /**
   * @template T
   * @param {string} name
   * @param {(value: any) => T} [format]
   */
  function getter(name, format) {
    /**
     * @param {OptionsOrCallback<T>} [first]
     * @param {Callback<T>} [second]
     */
    return (first, second) => {
      demand(
        "Sys.ArgumentNullException",
        "callback",
        typeof first === "function" || typeof second === "function",
      );
      invoke(name, [], first, second, format);
    };
  }

  /**
   * @param {string} name
   * @param {string} parameter
   * @param {number} longest
   */
  function textSetter(name, parameter, longest) {
    /**
     * @param {string} text
     * @param {OptionsOrCallback<void>} [first]
     * @param {Callback<void>} [second]
     */
    return (text, first, second) => {
      demandText(parameter, text, longest);
      invoke(name, [text], first, second);
    };
  }

  // --- The item ---------------------------------------------------------------------------------------------------

  /** @type {Pick<Office.Subject, "getAsync" | "setAsync">} */
  const subject = {
    getAsync: getter("subject.getAsync", (value) => /** @type {string} */ (value)),
    setAsync: textSetter("subject.setAsync", "subject", SUBJECT_MAX),
  };

  /** @type {Pick<Office.Location, "getAsync" | "setAsync">} */
  const place = {
    getAsync: getter("location.getAsync", (value) => /** @type {string} */ (value)),
    setAsync: textSetter("location.setAsync", "location", LOCATION_MAX),
  };

  /** @type {(name: string) => Pick<Office.Time, "getAsync">} */
  const time = (name) => ({ getAsync: getter(`${name}.getAsync`, (value) => new Date(value)) });

  /** @type {(name: string) => Pick<Office.Recipients, "getAsync">} */
  const recipients = (name) => ({
    getAsync: getter(`${name}.getAsync`, (value) => /** @type {Office.EmailAddressDetails[]} */ (value)),
  });

  /** @type {Pick<Office.Body, "getTypeAsync" | "getAsync" | "setAsync">} */
  const body = {
    getTypeAsync: getter("body.getTypeAsync", (value) => /** @type {Office.CoercionType} */ (value)),
    getAsync: (
      /** @type {Office.CoercionType | string} */ coercionType,
      /** @type {OptionsOrCallback<string>} */ first = {},
      /** @type {Callback<string> | undefined} */ second = undefined,
    ) => {
      demandCoercion(coercionType);
      invoke("body.getAsync", [coercionType], first, second);
    },
    setAsync: (
      /** @type {string} */ data,
      /** @type {(Office.AsyncContextOptions & Office.CoercionTypeOptions) | Callback<void>} */ first = {},
      /** @type {Callback<void> | undefined} */ second = undefined,
    ) => {
      const coercion = (typeof first === "object" && first.coercionType) || CoercionType.Text;
      demandText("data", data, BODY_MAX);
      demandCoercion(coercion);
      invoke("body.setAsync", [data, coercion], first, second);
    },
  };

  /**
   * @param {Record<string, any>} values this call's own copy of what was saved last; kept again by `saveAsync` only
   * @returns {Pick<Office.CustomProperties, "get" | "set" | "remove" | "saveAsync">}
   */
  function customProperties(values) {
    return {
      get: (name) => values[name],
      set: (name, value) => void (values[name] = value),
      remove: (name) => void delete values[name],
      saveAsync: (
        /** @type {unknown} */ first = undefined,
        /** @type {unknown} */ asyncContext = undefined,
      ) => {
        const callback = typeof first === "function" ? /** @type {Callback<void>} */ (first) : undefined;
        const context = callback ? asyncContext : first;
        const fits = JSON.stringify(values).length <= PROPERTIES_MAX;
        demand("Sys.ArgumentOutOfRangeException", "customProperties", fits);
        invoke("customProperties.saveAsync", [values], { asyncContext: context }, callback);
      },
    };
  }

  /** @type {Pick<Office.AppointmentCompose, "loadCustomPropertiesAsync">} */
  const customPropertiesLoader = {
    loadCustomPropertiesAsync: (callback, userContext) => {
      demand("Sys.ArgumentNullException", "callback", typeof callback === "function");
      const format = (/** @type {any} */ kept) =>
        /** @type {Office.CustomProperties} */ (customProperties(kept));
      invoke("loadCustomPropertiesAsync", [], { asyncContext: userContext }, callback, format);
    },
  };

  /** @param {Office.EventType | string} eventType */
  function demandEvent(eventType) {
    const known = /** @type {string[]} */ (Object.values(EventType));
    demand("Sys.ArgumentException", "eventType", known.includes(String(eventType)));
  }

  /** @type {Pick<Office.AppointmentCompose, "addHandlerAsync" | "removeHandlerAsync">} */
  const events = {
    addHandlerAsync: (
      /** @type {Office.EventType | string} */ eventType,
      /** @type {any} */ handler,
      /** @type {OptionsOrCallback<void>} */ first = {},
      /** @type {Callback<void> | undefined} */ second = undefined,
    ) => {
      demandEvent(eventType);
      const one = { type: String(eventType), handler };
      invoke("addHandlerAsync", [], first, second, () => void handlers.push(one));
    },
    removeHandlerAsync: (
      /** @type {Office.EventType | string} */ eventType,
      /** @type {OptionsOrCallback<void>} */ first = {},
      /** @type {Callback<void> | undefined} */ second = undefined,
    ) => {
      demandEvent(eventType);
      const others = () => void (handlers = handlers.filter(({ type }) => type !== eventType));
      invoke("removeHandlerAsync", [], first, second, others);
    },
  };

  /** @typedef {Office.AppointmentCompose} Compose */
  /** @typedef {"subject" | "location" | "start" | "end" | "body" | "recurrence"} OwnFields */
  /** @typedef {OwnFields | "requiredAttendees" | "optionalAttendees"} Fields */
  /** @typedef {"loadCustomPropertiesAsync" | "getItemIdAsync" | "addHandlerAsync" | "removeHandlerAsync"} Methods */
  /** @typedef {{ [Name in Fields]: Partial<Compose[Name]> } & Pick<Compose, Methods | "seriesId">} Item */
  /** @typedef {Item & Partial<Pick<Compose, "getSharedPropertiesAsync">>} OpenItem */

  /** The window's rule is Graph's; of Office.js's own shape the pane asks only whether there is one. */
  /** @type {Pick<Office.Recurrence, "getAsync">} */
  const recurrence = {
    getAsync: getter("recurrence.getAsync", (value) => /** @type {Office.Recurrence} */ (value)),
  };

  /** @type {OpenItem} */
  const item = {
    subject,
    location: place,
    start: time("start"),
    end: time("end"),
    body,
    recurrence,
    // Null for a series and for what is none; the welcome says otherwise of an occurrence.
    seriesId: /** @type {any} */ (null),
    requiredAttendees: recipients("requiredAttendees"),
    optionalAttendees: recipients("optionalAttendees"),
    getItemIdAsync: getter("getItemIdAsync", (value) => /** @type {string} */ (value)),
    ...customPropertiesLoader,
    ...events,
  };

  /** @type {Pick<Compose, "getSharedPropertiesAsync">} */
  const sharedOnly = {
    getSharedPropertiesAsync: getter(
      "getSharedPropertiesAsync",
      (value) => /** @type {Office.SharedProperties} */ (value),
    ),
  };

  // --- Office -----------------------------------------------------------------------------------------------------

  /** @type {Pick<Office.RequirementSetSupport, "isSetSupported">} */
  const requirements = {
    isSetSupported: (/** @type {string} */ name, /** @type {string | number} */ minVersion = "0") => {
      const [major, minor] = numbers(SETS[String(name).toLowerCase()] ?? "-1");
      const [wantedMajor, wantedMinor] = numbers(String(minVersion));
      return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
    },
  };

  /**
   * @param {string} version `1.5`
   * @returns {number[]} major and minor
   */
  function numbers(version) {
    const [major, minor = "0"] = version.split(".");
    return [Number(major), Number(minor)];
  }

  /** @typedef {{item: OpenItem, userProfile: Office.UserProfile}} Mailbox */
  /** @typedef {Pick<Office.Context, "displayLanguage"> & {requirements: typeof requirements, mailbox: Mailbox}} Context */

  /** Filled when the window has answered: before that, Outlook's own context is empty too. */
  const context = /** @type {Context} */ ({ requirements });

  /** @param {any} welcome */
  function fillContext({ displayLanguage, userProfile, shared, seriesId }) {
    // The method is there in shared items only, so a pane must ask whether it exists (delegate-access, code sample).
    if (shared) Object.assign(item, sharedOnly);
    item.seriesId = seriesId;
    Object.assign(context, { displayLanguage, mailbox: { item, userProfile } });
  }

  /** Whether a token has been asked for and not come: the web client takes one such call at a time. */
  let isTokenAsked = false;

  /** @type {Pick<Office.Auth, "getAccessToken">} */
  const auth = {
    getAccessToken: async (options = {}) => {
      if (isTokenAsked) throw TOKEN_ASKED;
      isTokenAsked = true;
      try {
        return await new Promise((resolve, reject) =>
          call("auth.getAccessToken", [options.authChallenge ?? null], { take: resolve, refuse: reject }),
        );
      } finally {
        isTokenAsked = false;
      }
    },
  };

  /** @returns {Promise<any>} host and platform; both null in a page that stands alone, as in the real Office.js */
  async function begin() {
    if (window.parent === window) return { host: null, platform: null };
    post({ kind: "hello" });
    fillContext(await welcomed);
    return { host: HostType.Outlook, platform: PlatformType.OfficeOnline };
  }

  const began = begin();

  /** @type {typeof Office.onReady} */
  const onReady = async (callback) => {
    const info = await began;
    callback?.(info);
    return info;
  };

  /** @typedef {"AsyncResultStatus" | "CoercionType" | "EventType" | "HostType" | "PlatformType"} Enums */
  /** @typedef {{ [Name in Enums]: Partial<Record<keyof (typeof Office)[Name], string>> }} EnumSubset */

  /** @type {EnumSubset & {onReady: typeof onReady, context: Context, auth: typeof auth}} */
  const standIn = {
    onReady,
    context,
    auth,
    AsyncResultStatus,
    CoercionType,
    EventType,
    HostType,
    PlatformType,
  };

  Object.assign(window, { Office: standIn });
})();
