"""What a booking does with its item and its service when one of them fails in the midst of it; both are stand-ins."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

ALONE: Final = """
  const { Booking } = await import("/static/booking.js");
  const { Failure } = await import("/static/api.js");
  const { OutlookError } = await import("/static/item.js");
  const { SignInError } = await import("/static/sign_in.js");
  const start = new Date("2027-03-01T09:00:00Z"), end = new Date("2027-03-01T09:30:00Z");
  const join_url = "https://mote.region.example/m/7K3M9QXP2RTWHD";
  const block = `<p>Anslut: <a href="${join_url}">${join_url}</a></p>
    <p><a href="https://mote.region.example/start/B4N8Z0C6V1JFSG">Starta</a></p>`;
  const meeting = {
    id: "a".repeat(32), revision: 1, state: "live", start: start.toISOString(), end: end.toISOString(), join_url,
    item_block: { html: block, text: "", earlier: [] }, location: "Videomöte", neutral_subject: "Vårdmöte",
    calendar_notes: [], told_stale: [], link_change: { coming: null, possible: [] },
  };
  const kept = new Map([["meeting", meeting.id]]);
  const said = { body: block, location: "", subject: "" };
  const item = {
    property: async (name) => kept.get(name) ?? null,
    setProperties: async (values) => {
      for (const [name, value] of Object.entries(values)) value === null ? kept.delete(name) : kept.set(name, value);
    },
    rootId: async () => null, savedId: async () => null, isSaved: async () => true,
    repetition: async () => "single", timeZone: () => "UTC",
    holder: async () => ({ address: "anna@region.example", onBehalfOf: null }),
    span: async () => ({ start, end }),
    body: async () => ({ format: "html", content: said.body }),
    setBody: async ({ content }) => void (said.body = content),
    location: async () => said.location, setLocation: async (text) => void (said.location = text),
    subject: async () => said.subject, setSubject: async (text) => void (said.subject = text),
  };
  const api = { meeting: async () => ({ meeting, retryAfter: 0 }) };
  const booking = new Booking(api, item, "test"), { held } = booking;
"""


def alone(page: Page, script: str, *args: Any) -> Any:
    """Run a script beside a booking whose meeting stands in its item; return what it returns."""
    return page.evaluate(f"async (args) => {{ {ALONE} {script} }}", list(args))


def test_a_sign_in_that_has_run_out_does_not_keep_a_removed_meeting_in_the_item(modules: Page) -> None:
    told = alone(
        modules,
        """
        await held.open();
        api.remove = async () => true;
        api.copied = async () => { throw new SignInError(13006); };
        const removed = await booking.remove(() => undefined, ["patient"]);
        return { ...removed, body: said.body.trim(), ids: [...kept.keys()] };
        """,
    )
    assert told == {"gone": True, "left": [], "body": "", "ids": []}


def test_a_sign_in_that_has_run_out_does_not_undo_a_link_that_is_written(modules: Page) -> None:
    unwritten = alone(
        modules,
        """
        await held.open();
        const note = { code: "block_old", message: "" };
        api.changeLink = async () => ({ meeting: { ...meeting, revision: 2, calendar_notes: [note] } });
        api.blockWritten = async () => { throw new SignInError(13006); };
        return (await booking.changeLink("now", join_url, () => undefined)).unwritten;
        """,
    )
    assert unwritten == []


@pytest.mark.parametrize(
    ("unbound", "is_saved", "by_id", "by_link"),
    [
        (True, False, "meeting", "meeting"),
        (False, True, "meeting", "meeting"),
        # Seen in a calendar, and this item stands in none: Outlook duplicates an item into a form of its own.
        (False, False, "copy", "unlinked"),
    ],
)
def test_an_item_that_was_never_saved_holds_no_meeting_that_was_seen_in_a_calendar(
    modules: Page, *, unbound: bool, is_saved: bool, by_id: str, by_link: str
) -> None:
    told = alone(
        modules,
        """
        const [unbound, isSaved] = args;
        Object.assign(meeting, { unbound });
        item.isSaved = async () => isSaved;
        api.meetingsBetween = async () => [meeting];
        const byId = await held.open();
        kept.clear();
        const byLink = await held.open();
        return [byId, byLink, kept.has("meeting")];
        """,
        unbound,
        is_saved,
    )
    assert told == [by_id, by_link, by_link == "meeting"]


NEITHER: Final = {"here": None, "begun_in": None, "unbound": True, "moved": False}


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (NEITHER, "meeting"),
        (NEITHER | {"moved": True}, "follow"),
        (NEITHER | {"here": "one"}, "meeting"),
        (NEITHER | {"here": "one", "begun_in": "one", "unbound": False, "moved": True}, "follow"),
        (NEITHER | {"here": "another", "begun_in": "one", "unbound": False}, "Kopia av ett möte"),
        # The original was in no calendar when it was begun. It has been seen in one since; or nobody can tell.
        (NEITHER | {"here": "another", "unbound": False}, "Kopia av ett möte"),
        (NEITHER | {"here": "another", "moved": True}, "Har du flyttat eller kopierat bokningen?"),
        # Outlook duplicates a saved item into a form of its own.
        (NEITHER | {"begun_in": "one", "unbound": False, "saved": False}, "Kopia av ett möte"),
    ],
)
def test_a_booking_that_was_begun_in_the_original_is_not_gone_on_with_in_its_copy(
    modules: Page, item: dict[str, Any], shown: str
) -> None:
    told = alone(
        modules,
        """
        const { Opening } = await import("/static/opening.js");
        const { Steps } = await import("/static/steps.js");
        const [{ here, begun_in, unbound, moved, saved }] = args;
        kept.clear();
        kept.set("draft", JSON.stringify({ key: "k", wish: begun_in ? { item_id: begun_in } : {} }));
        Object.assign(item, { rootId: async () => here, savedId: async () => here });
        item.isSaved = async () => saved ?? true;
        if (moved) item.span = async () => ({ start: end, end: new Date(end.getTime() + 1) });
        api.book = async () => ({ meeting: { ...meeting, unbound } });
        let shown = null;
        const way = (name) => () => void (shown = name);
        const ways = { rested() {}, meeting: way("meeting"), follow: way("follow"), form: way("form") };
        const offer = { learn() {}, units: [{}], type: () => ({ copy_rule: "strip" }) };
        const settings = { calendar_access: "read" };
        await new Opening({ api, item, booking, held, offer, settings, ways, steps: new Steps(ways) }).begin();
        const isWritten = kept.has("meeting");
        return { shown: shown ?? document.querySelector("#view h2").textContent, isWritten };
        """,
        item,
    )
    assert told == {"shown": shown, "isWritten": shown in {"meeting", "follow"}}


def test_without_an_id_the_calendar_is_not_overruled_by_an_old_window(modules: Page) -> None:
    told = alone(
        modules,
        """
        let looks = 0;
        await held.open();
        api.look = async () => void (looks += 1);
        item.span = async () => ({ start: end, end: new Date(end.getTime() + 1) });
        const { setTimeout } = window;
        window.setTimeout = (act) => void act();
        const agrees = await held.agreesByCalendar();
        window.setTimeout = setTimeout;
        return [await held.isSaved(), agrees, looks];
        """,
    )
    assert told == [True, False, 0]


def test_a_link_whose_room_was_awaited_in_vain_is_not_exchanged_once_more(modules: Page) -> None:
    told = alone(
        modules,
        """
        await held.open();
        const changed = { ...meeting, revision: 2, join_url: join_url.replace("7K", "8L") };
        let exchanges = 0, attempts = 0;
        api.changeLink = async () => (exchanges += 1, { meeting: { ...changed, state: "wanted", join_url: null } });
        api.meeting = async () => {
          if ((attempts += 1) === 1) throw new Failure({ code: "unreachable" });
          return { meeting: changed, retryAfter: 0 };
        };
        const { setTimeout } = window;
        window.setTimeout = (act) => void act();
        const change = () => booking.changeLink("now", join_url, () => undefined);
        const failed = await change().catch(({ code }) => code);
        await change();
        window.setTimeout = setTimeout;
        return [failed, exchanges, held.meeting.join_url.includes("/m/8L")];
        """,
    )
    assert told == ["unreachable", 1, True]


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        ("change", "Mötet är ändrat, men texten i bokningen är inte omskriven än."),
        ("follow", "Mötet är ändrat, men texten i bokningen är inte omskriven än."),
        ("link", "Länken är bytt, men den nya är inte skriven i bokningen än."),
        ("create", "Länken är inte skriven i bokningen."),
    ],
)
def test_what_was_done_before_it_failed_is_not_called_undone(
    modules: Page, attempt: str, sentence: str
) -> None:
    alone(
        modules,
        """
        const { Steps } = await import("/static/steps.js");
        const seen = async ({ trouble }) => document.getElementById("view").replaceChildren(trouble);
        const steps = new Steps({ rested() {}, meeting: seen, form: seen });
        const lost = new Failure({ code: "unreachable", retryable: true });
        const work = async (step) => { step("booking"); step("waiting"); throw lost; };
        await steps.work(args[0], "Arbetar", work);
        """,
        attempt,
    )
    expect(modules.get_by_role("alert")).to_contain_text(sentence)


def test_the_users_own_location_is_kept_however_long_it_is(modules: Page) -> None:
    own = "Konferensrum " * 19
    told = alone(
        modules,
        "await held.open(); said.location = args[0]; return [await held.write(), said.location];",
        own,
    )
    assert told == [["location"], own]


def test_a_users_location_that_holds_our_word_is_the_users(modules: Page) -> None:
    told = alone(
        modules,
        """
        await held.open();
        said.location = "Videomöterummet; Sal 4";
        await held.write();
        const written = said.location;
        await held.clean();
        return [written, said.location];
        """,
    )
    assert told == ["Videomöterummet; Sal 4; Videomöte", "Videomöterummet; Sal 4"]


def test_the_location_of_another_type_takes_the_place_of_the_first_types(modules: Page) -> None:
    # One is the beginning of the other, and the user has put words of her own on both sides.
    told = alone(
        modules,
        """
        await held.open();
        said.location = "Sal 4, plan 2; Videomöte, vid hissen";
        api.meeting = async () => ({ meeting: { ...meeting, location: "Videomöte (skyddat)" } });
        await held.reload();
        await held.write();
        await held.write();
        return said.location;
        """,
    )
    assert told == "Sal 4, plan 2, vid hissen; Videomöte (skyddat)"
