"""What Outlook refuses, throws and does slowly, as the pane's modules take it; each called alone."""

from playwright.sync_api import Page


def test_what_outlook_throws_at_once_is_a_refusal_as_any_other(modules: Page) -> None:
    refused = modules.evaluate("""async () => {
      const { AppointmentItem } = await import("/static/item.js");
      const tooLong = Object.assign(new Error("too long"), { name: "Sys.ArgumentOutOfRangeException" });
      const item = new AppointmentItem({ item: { location: { setAsync() { throw tooLong; } } } });
      return item.setLocation("x").catch(({ name, call, reason }) => ({ name, call, reason }));
    }""")

    assert refused == {
        "name": "OutlookError",
        "call": "location.setAsync",
        "reason": "Sys.ArgumentOutOfRangeException",
    }


def test_an_item_whose_id_outlook_will_not_tell_just_now_is_not_called_a_new_one(modules: Page) -> None:
    told = modules.evaluate("""async () => {
      const { AppointmentItem } = await import("/static/item.js");
      globalThis.Office = { AsyncResultStatus: { Succeeded: "succeeded" } };
      const results = [
        { status: "succeeded", value: "AAMk=" },
        { status: "failed", error: { name: "ItemNotSaved" } },
        { status: "failed", error: { name: "GenericResponseError" } },
      ];
      const told = [];
      for (const result of results) {
        const item = new AppointmentItem({ item: { getItemIdAsync: (done) => done(result) } });
        told.push([await item.isSaved(), await item.savedId()]);
      }
      const older = new AppointmentItem({ item: {} }); // Of before Mailbox 1.8.
      delete globalThis.Office;
      return [...told, [await older.isSaved(), await older.savedId()]];
    }""")

    # Who takes it for new gives the meeting this window's time, which may be an old one.
    assert told == [[True, "AAMk="], [False, None], [True, None], [True, None]]


def test_an_outlook_that_tells_of_no_series_still_tells_of_times(modules: Page) -> None:
    told = modules.evaluate("""async () => {
      const { AppointmentItem } = await import("/static/item.js");
      globalThis.Office = {
        AsyncResultStatus: { Succeeded: "succeeded" },
        EventType: { RecurrenceChanged: "recurrence", AppointmentTimeChanged: "time" },
        context: { requirements: { isSetSupported: () => true } },
      };
      const heard = [];
      const addHandlerAsync = (kind, listener, done) => {
        if (kind === "recurrence") return done({ status: "failed", error: { name: "NotSupported" } });
        heard.push(kind);
        done({ status: "succeeded" });
      };
      const refuseAll = (kind, listener, done) => done({ status: "failed", error: { name: "NotSupported" } });
      await new AppointmentItem({ item: { addHandlerAsync } }).onTimesChanged(() => undefined);
      await new AppointmentItem({ item: { addHandlerAsync: refuseAll } }).onTimesChanged(() => undefined);
      delete globalThis.Office;
      return heard;
    }""")

    # The pane opens, and sees at the next look what it was not told.
    assert told == ["time"]


def test_outlook_is_asked_for_one_token_at_a_time(modules: Page) -> None:
    told = modules.evaluate("""async () => {
      const { signIn } = await import("/static/sign_in.js");
      let open = 0, most = 0;
      const asked = [];
      const accessToken = signIn({
        async getAccessToken({ authChallenge }) {
          asked.push(authChallenge ?? "");
          most = Math.max(most, ++open);
          await new Promise((resolve) => setTimeout(resolve));
          open -= 1;
          return `token ${asked.length}`;
        },
      });
      await accessToken();
      const tokens = await Promise.all([accessToken(true), accessToken(true), accessToken(true, "more")]);
      return { most, asked, tokens, kept: await accessToken() };
    }""")

    assert told == {
        "most": 1,
        "asked": ["", "", "more"],
        "tokens": ["token 2", "token 2", "token 3"],
        "kept": "token 3",
    }


def test_an_add_in_that_is_not_approved_is_not_called_a_broken_off_sign_in(modules: Page) -> None:
    told = modules.evaluate("""async () => {
      const { sentences } = await import("/static/failure_notice.js");
      const { SignInError } = await import("/static/sign_in.js");
      return [13002, 13005].map((code) => sentences(new SignInError(code), "start")[0]);
    }""")

    assert [sentence.partition(".")[0] for sentence in told] == [
        "Inloggningen avbröts",
        "Outlook kunde inte logga in dig",
    ]
