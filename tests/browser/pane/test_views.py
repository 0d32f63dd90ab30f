"""What the pane's views show, and where the focus goes; each shown alone, without Outlook or a service."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

OVER: Final[dict[str, Any]] = {
    "id": "a" * 32,
    "state": "cancelled",
    "unbound": False,
    "revision": 3,
    "type": "care-meeting-patient",
    "variant": "one-patient",
    "unit": "vuxen",
    "start": "2027-03-01T10:00:00+01:00",
    "end": "2027-03-01T10:30:00+01:00",
    "time_zone": "Europe/Stockholm",
    "join_url": "https://mote.region.example/m/7K3M9QXP2RTWHD",
    "attention": None,
    "calendar_notes": [],
    "told_stale": ["patient"],
    "link_change": {"possible": [], "coming": None, "next_start": None, "next_end": None},
}


def show_meeting(page: Page, meeting: dict[str, Any], **more: Any) -> None:
    page.evaluate(
        """async ([meeting, more]) => {
          const { showMeeting } = await import("/static/meeting_view.js");
          const { Failure } = await import("/static/api.js");
          const nothing = { unwritten: [], found: [], answered: [], series: null, said: "", trouble: null };
          const named = { typeName: "Vårdmöte patient", unitName: "Vuxenmottagningen", zone: "Europe/Stockholm" };
          const texts = () => Promise.reject(new Failure({ code: "unreachable" }));
          showMeeting({ meeting, access: "read", isElsewhere: false, ...nothing, ...named, texts, ...more });
        }""",
        [meeting, more],
    )


def test_whoever_stood_in_a_view_that_is_replaced_stands_in_the_next_one(modules: Page) -> None:
    stands: list[str] = modules.evaluate("""async () => {
      const { show } = await import("/static/page.js");
      const { button } = await import("/static/element.js");
      const stands = () => document.activeElement.tagName;
      document.activeElement.blur();
      show("message", "Första", [button("Visa", "reload", () => undefined)], { focus: false });
      const told = [stands()];
      document.querySelector('[data-action="reload"]').focus();
      show("meeting", "Andra", [], { focus: false });
      return [...told, stands()];
    }""")
    # The pane takes the focus from nobody when it opens, and gives it back to whoever pressed a button that is gone.
    assert stands == ["BODY", "H2"]


def test_a_removed_meeting_has_no_time_to_agree_on(modules: Page) -> None:
    show_meeting(modules, OVER, isElsewhere=True)
    expect(modules.get_by_role("heading", name="Mötet är borttaget")).to_be_visible()
    expect(modules.locator('[data-action="use-item-time"]')).to_have_count(0)


def test_texts_of_a_removed_meeting_that_cannot_be_had_do_not_call_it_booked(modules: Page) -> None:
    show_meeting(modules, OVER)
    told = modules.get_by_role("alert")
    expect(told).to_contain_text("Texterna kunde inte hämtas.")
    expect(told).not_to_contain_text("bokat")


@pytest.mark.parametrize("state", ["live", "cancelled"])
def test_who_must_hear_and_has_no_text_can_be_said_to_have_heard(modules: Page, state: str) -> None:
    meeting = OVER | {"state": state, "told": {"patient": 1}, "start_url": None, "join_code_spoken": None}
    modules.evaluate(
        """async (meeting) => {
          const { showMeeting } = await import("/static/meeting_view.js");
          const report = (...told) => {
            window.reported = told;
            return { ...meeting, told_stale: [] };
          };
          const shown = { meeting, unwritten: [], found: [], answered: [], texts: () => [], report };
          const named = { typeName: "Internt möte", unitName: "Vuxenmottagningen", zone: "Europe/Stockholm" };
          showMeeting({ ...shown, ...named, access: "read", series: null });
        }""",
        meeting,
    )
    patient = modules.locator('[data-audience="patient"]')
    expect(patient).to_contain_text("Det finns ingen färdig text.")
    patient.get_by_role("button", name="Besked lämnat").click()
    expect(patient).to_contain_text("Noterat: besked är lämnat.")
    expect(modules.locator(".notice-title")).to_have_count(0)
    as_of = {"revision": 3, "start": OVER["start"], "end": OVER["end"], "cancelled": state == "cancelled"}
    assert modules.evaluate("window.reported") == ["current", "patient", "informed", as_of]


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ({"state": "cancelled"}, "Mötet är inställt, så länken kan inte bytas."),
        ({"state": "wanted", "join_url": None}, "Rummet är inte klart, så länken kan inte bytas nu."),
        ({"state": "live"}, "Mötet har börjat, så länken kan inte bytas nu."),
    ],
)
def test_why_a_link_cannot_be_exchanged_any_more_is_said(
    modules: Page, meanwhile: dict[str, Any], said: str
) -> None:
    told = modules.evaluate(
        'async (meeting) => (await import("/static/link_view.js")).whyLinkStays(meeting)', OVER | meanwhile
    )
    assert told == said


ASK_TO_REMOVE: Final = """async ({ told, audiences, status }) => {
  const { Failure } = await import("/static/api.js");
  const { Removing } = await import("/static/removing.js");
  const { Steps } = await import("/static/steps.js");
  const asked = [];
  const cancelled = { occasion: "cancelled", plain: "Inställt", html: "<p>Inställt</p>" };
  const texts = async (audiences) => {
    asked.push(...audiences);
    if (status) throw new Failure({ code: "refused", title: "Det gick inte.", status });
    return audiences.map((audience) => ({ audience, texts: [cancelled] }));
  };
  const held = { meeting: { type: "internal-meeting", told }, reload: async () => undefined };
  const ways = { rested() {}, meeting: async ({ trouble }) => document.getElementById("view").append(trouble) };
  const offer = { type: () => ({ audiences }) };
  await new Removing({ held, offer, steps: new Steps(ways), ways, tellings: { texts } }).ask();
  return asked;
}"""


def test_what_was_told_to_others_than_the_type_is_for_does_not_keep_a_meeting(modules: Page) -> None:
    # Told as a care meeting, which was then made an internal one: that has no texts for patients.
    asked = modules.evaluate(
        ASK_TO_REMOVE,
        {"told": {"patient": 1, "staff": 1}, "audiences": ["staff", "external"], "status": 0},
    )
    assert asked == ["staff"]
    expect(modules.locator("#view")).to_contain_text("patienten, medarbetare")
    expect(modules.locator('[data-action="copy-cancelled"]')).to_have_count(1)
    expect(modules.locator('[data-action="confirm-remove"]')).to_be_visible()


@pytest.mark.parametrize("status", [409, 500])
def test_texts_that_cannot_be_had_do_not_keep_a_meeting(modules: Page, status: int) -> None:
    # As of a meeting whose new room the provider refuses: there are no texts until there is one.
    told = {"patient": 1}
    modules.evaluate(ASK_TO_REMOVE, {"told": told, "audiences": ["patient"], "status": status})
    expect(modules.locator("#view")).to_contain_text("Meddela att det är inställt: patienten.")
    expect(modules.locator("#view")).to_contain_text("Texterna kunde inte hämtas. Mötet kan tas bort ändå.")
    expect(modules.locator("#view")).not_to_contain_text("Kopiera texten innan")
    expect(modules.locator('[data-action="confirm-remove"]')).to_be_visible()
