"""The Office.js stand-in, member by member, called from a page in the pane's frame on the service's origin."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, expect

from tests.browser.window.conftest import MONDAYS, TestService
from tests.browser.window.outlook import Outlook, ask, value
from tests.browser_contexts import DESK

Opener = Callable[..., Outlook]

ADDIN_PROPERTY = "String {00020329-0000-0000-C000-000000000046} Name cecp-%s"


def pane_of(outlook: Outlook, subject: str = "") -> Frame:
    """Open a blank appointment with the pane beside it."""
    outlook.new_meeting(subject)
    return outlook.open_pane()


@dataclass(frozen=True)
class Standing:
    """A window with a new appointment called Rond on that Monday, from nine to half past, and the pane beside it."""

    outlook: Outlook
    pane: Frame
    monday: date


@pytest.fixture(scope="module")
def standing(browser: Browser, sandbox: str) -> Iterator[Standing]:
    """Return what those tests share whose questions leave the appointment as it was."""
    context, monday = browser.new_context(**DESK), next(MONDAYS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    outlook = Outlook(context.new_page(), sandbox)
    outlook.visit(monday, "anna.lindgren", "anna.lindgren")
    yield Standing(outlook, pane_of(outlook, "Rond"), monday)
    context.close()


@pytest.fixture
def asked(standing: Standing) -> Frame:
    """Return the pane of that appointment."""
    return standing.pane


def graph_event(outlook: Outlook, subject: str, addin_id: str) -> dict[str, Any]:
    """Return the saved item as Graph shows it, the add-in's property included."""
    event: dict[str, Any] = outlook.page.evaluate(
        """async ([subject, property]) => {
            const config = await (await fetch("/window/config.json")).json();
            const wish = {object_id: config.users[0].object_id, audience: config.graph_audience};
            const answer = await fetch("/sandbox/token", {method: "POST", body: JSON.stringify(wish)});
            const headers = {Authorization: `Bearer ${(await answer.json()).access_token}`};
            const query = new URLSearchParams({
                $top: "1000", $expand: `singleValueExtendedProperties($filter=id eq '${property}')`});
            const found = (await (await fetch(`/v1.0/me/events?${query}`, {headers})).json()).value;
            return found.find((event) => event.subject === subject);
        }""",
        [subject, ADDIN_PROPERTY % addin_id],
    )
    return event


def addin_id_of(outlook: Outlook) -> str:
    """Return the id in the manifest that the window was given."""
    found: str = outlook.page.evaluate(
        "async () => /<Id>(.*?)<.Id>/.exec(await (await fetch('/window/manifest.xml')).text())[1]"
    )
    return found


def test_on_ready_says_outlook_on_the_web_and_the_context_language_and_person(asked: Frame) -> None:
    assert asked.evaluate("info") == {"host": "Outlook", "platform": "OfficeOnline"}
    assert asked.evaluate("Office.onReady()") == {"host": "Outlook", "platform": "OfficeOnline"}
    assert asked.evaluate("new Promise((ready) => Office.onReady(({host}) => ready(host)))") == "Outlook"
    assert asked.evaluate("Office.context.displayLanguage") == "sv-SE"
    assert asked.evaluate("Office.context.mailbox.userProfile") == {
        "displayName": "Anna Lindgren",
        "emailAddress": "anna.lindgren@region.example",
        "timeZone": "W. Europe Standard Time",
        "accountType": "office365",
    }


def test_a_page_that_stands_alone_is_told_that_there_is_no_host(
    context: BrowserContext, sandbox: str, service: TestService
) -> None:
    assert sandbox in service.office_js_url
    page = context.new_page()
    page.goto(f"{service.url}/pane/")
    page.wait_for_function("window.info")
    assert page.evaluate("info") == {"host": None, "platform": None}
    assert page.evaluate("Office.context.mailbox === undefined")


def test_requirement_sets_and_constants_are_those_of_outlook_on_the_web(asked: Frame) -> None:
    supported = "([name, version]) => Office.context.requirements.isSetSupported(name, version)"
    for name, version in (
        ("Mailbox", "1.1"),
        ("Mailbox", "1.9"),
        ("mailbox", "1.16"),
        ("IdentityAPI", "1.3"),
    ):
        assert asked.evaluate(supported, [name, version]), (name, version)
    for name, version in (
        ("Mailbox", "1.17"),
        ("Mailbox", "2.0"),
        ("ExcelApi", "1.1"),
        ("NestedAppAuth", "1.1"),
    ):
        assert not asked.evaluate(supported, [name, version]), (name, version)

    names = "[Office.AsyncResultStatus, Office.CoercionType, Office.EventType]"
    assert asked.evaluate(names) == [
        {"Succeeded": "succeeded", "Failed": "failed"},
        {"Html": "html", "Text": "text"},
        {"AppointmentTimeChanged": "olkAppointmentTimeChanged", "RecurrenceChanged": "olkRecurrenceChanged"},
    ]


def test_an_async_result_carries_the_context_that_was_given(asked: Frame) -> None:
    result = ask(asked, "subject.getAsync", {"asyncContext": {"turn": 7}})
    assert result == {"value": "Rond", "asyncContext": {"turn": 7}, "status": "succeeded"}


def test_subject_and_location_go_both_ways(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    assert value(pane, "subject.getAsync") == ""
    value(pane, "subject.setAsync", "Skyddat vårdmöte")
    value(pane, "location.setAsync", "Digitalt vårdmöte")
    expect(outlook.field("Ämne")).to_have_value("Skyddat vårdmöte")
    expect(outlook.field("Plats")).to_have_value("Digitalt vårdmöte")
    outlook.field("Plats").fill("Rum 4")
    assert value(pane, "location.getAsync") == "Rum 4"


def test_what_cannot_be_is_thrown_back_at_once(asked: Frame) -> None:
    thrown = (
        "([field, length]) => thrown(() => Office.context.mailbox.item[field].setAsync('x'.repeat(length)))"
    )
    too_long = "Sys.ArgumentOutOfRangeException"
    assert asked.evaluate(thrown, ["location", 255]) is None
    assert asked.evaluate(thrown, ["location", 256]) == {"name": too_long, "parameter": "location"}
    assert asked.evaluate(thrown, ["subject", 256]) == {"name": too_long, "parameter": "subject"}
    assert asked.evaluate(thrown, ["body", 1_000_001]) == {"name": too_long, "parameter": "data"}

    # No event but those of changed times and rules.
    act = "thrown(() => Office.context.mailbox.item.addHandlerAsync('olkRecipientsChanged', () => 0))"
    assert asked.evaluate(act) == {"name": "Sys.ArgumentException", "parameter": "eventType"}

    # No coercion that does not exist.
    act = "thrown(() => Office.context.mailbox.item.body.getAsync('ooxml', () => 0))"
    assert asked.evaluate(act) == {"name": "Sys.ArgumentException", "parameter": "coercionType"}

    # No getter without a callback.
    act = "thrown(() => Office.context.mailbox.item.subject.getAsync())"
    assert asked.evaluate(act) == {"name": "Sys.ArgumentNullException", "parameter": "callback"}


def test_times_are_utc_instants(standing: Standing) -> None:
    monday, pane = standing.monday, standing.pane
    start = datetime(monday.year, monday.month, monday.day, 9, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert value(pane, "start.getAsync") == start
    assert value(pane, "end.getAsync") == start + timedelta(minutes=30)


def test_a_changed_time_is_told_until_the_handler_is_removed(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    added = pane.evaluate(
        """() => new Promise((done) => Office.context.mailbox.item.addHandlerAsync(
            Office.EventType.AppointmentTimeChanged, (event) => times.push(event), done))"""
    )
    assert added["status"] == "succeeded"
    outlook.field("Starttid").fill("13:00")
    outlook.field("Plats").focus()
    pane.wait_for_function("times.length === 1")
    event = pane.evaluate("times[0]")
    assert event["type"] == "olkAppointmentTimeChanged"
    assert datetime.fromisoformat(event["start"]) == value(pane, "start.getAsync")
    assert datetime.fromisoformat(event["end"]) == value(pane, "end.getAsync")
    value(pane, "removeHandlerAsync", "olkAppointmentTimeChanged")
    outlook.field("Starttid").fill("14:00")
    outlook.field("Plats").focus()
    assert value(pane, "start.getAsync") > datetime.fromisoformat(event["start"])
    assert pane.evaluate("times.length") == 1


def test_an_item_says_whether_it_is_a_series_or_one_time_of_it(outlook: Outlook) -> None:
    pane = pane_of(outlook, "Återkommer")
    assert value(pane, "recurrence.getAsync") is None
    assert pane.evaluate("Office.context.mailbox.item.seriesId") is None
    pane.evaluate(
        """() => new Promise((done) => Office.context.mailbox.item.addHandlerAsync(
            Office.EventType.RecurrenceChanged, (event) => times.push(event), done))"""
    )
    outlook.page.get_by_label("Gör till serie: varje vecka").check()
    pane.wait_for_function("times.length === 1")
    assert pane.evaluate("times[0].type") == "olkRecurrenceChanged"
    assert value(pane, "recurrence.getAsync") is not None
    outlook.save()
    outlook.open_series("Återkommer")
    series = value(outlook.open_pane(), "getItemIdAsync")
    outlook.save()
    outlook.open_occurrence("Återkommer")
    pane = outlook.open_pane()
    assert pane.evaluate("Office.context.mailbox.item.seriesId") == series
    assert value(pane, "getItemIdAsync") != series


def test_attendees_are_told_by_kind(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    outlook.field("Obligatoriska").fill("bo.sandstrom@region.example;")
    outlook.field("Valfria").fill("tolk@tolkservice.example;")
    expect(outlook.page.get_by_role("list", name="Valfria deltagare")).to_have_text(
        "tolk@tolkservice.example"
    )
    required = value(pane, "requiredAttendees.getAsync")
    assert required == [
        {
            "displayName": "Bo Sandström",
            "emailAddress": "bo.sandstrom@region.example",
            "appointmentResponse": "none",
            "recipientType": "user",
        }
    ]
    optional = value(pane, "optionalAttendees.getAsync")
    assert [one["emailAddress"] for one in optional] == ["tolk@tolkservice.example"]


def test_html_comes_back_rewritten_once(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    mine = (
        '<!-- block --><div id="mine" class="vm" data-vm="1" style="color: #ff0000">'
        '<a id="join" title="Anslut" href="https://vardmote.example/m/X">Anslut</a>'
        '<script>alert(1)</script><img src="javascript:alert(1)" onerror="alert(1)"></div>loose'
    )
    value(pane, "body.setAsync", mine, {"coercionType": "html"})
    read = value(pane, "body.getAsync", "html")
    assert read.startswith('<html><head>\r\n<meta http-equiv="Content-Type"')
    for lost in ("block", 'id="', 'vm"', "data-vm", "#ff0000", "script", "onerror", "javascript"):
        assert lost not in read, lost
    assert 'style="color: rgb(255, 0, 0);"' in read
    assert '<a title="Anslut" href="https://vardmote.example/m/X"' in read
    assert ">loose</div>" in read
    expect(outlook.body.get_by_role("link", name="Anslut")).to_be_visible()

    value(pane, "body.setAsync", read, {"coercionType": "html"})
    assert value(pane, "body.getAsync", "html") == read


def test_a_rich_body_is_read_as_text_with_the_addresses_of_its_links_and_keeps_the_lines_of_text(
    outlook: Outlook,
) -> None:
    pane = pane_of(outlook)
    html = (
        '<p>Hej</p><p><a href="https://vardmote.example/m/X">Anslut</a></p><p>https://vardmote.example/</p>'
    )
    value(pane, "body.setAsync", html, {"coercionType": "html"})
    text = value(pane, "body.getAsync", "text")
    assert text.split("\n") == ["Hej", "Anslut<https://vardmote.example/m/X>", "https://vardmote.example/"]

    assert value(pane, "body.getTypeAsync") == "html"
    value(pane, "body.setAsync", "rad <1>\n\nrad 3")
    assert value(pane, "body.getAsync", "text") == "rad <1>\n\nrad 3"


def test_a_plain_body_takes_text_and_refuses_html(outlook: Outlook) -> None:
    outlook.new_meeting()
    outlook.button("Oformaterad text").click()
    pane = outlook.open_pane()
    assert value(pane, "body.getTypeAsync") == "text"
    refused = ask(pane, "body.setAsync", "<p>Hej</p>", {"coercionType": "html"})
    assert (refused["status"], refused["error"]["name"]) == ("failed", "InvalidFormatError")
    value(pane, "body.setAsync", "Anslut: https://vardmote.example/m/X", {"coercionType": "text"})
    expect(outlook.page.get_by_test_id("body-plain")).to_have_value("Anslut: https://vardmote.example/m/X")
    assert value(pane, "body.getAsync", "text") == "Anslut: https://vardmote.example/m/X"


def test_an_item_has_no_id_before_it_is_saved(asked: Frame) -> None:
    error = ask(asked, "getItemIdAsync")["error"]
    assert (error["code"], error["name"]) == (9046, "ItemNotSaved")


def test_a_saved_item_has_graphs_id_in_its_ews_form(outlook: Outlook) -> None:
    outlook.new_meeting("Med id")
    outlook.save()
    outlook.open("Med id")
    told = value(outlook.open_pane(), "getItemIdAsync")
    graph = graph_event(outlook, "Med id", addin_id_of(outlook))["id"]
    assert told == graph.replace("-", "/").replace("_", "+")
    assert not set(told) & {"-", "_"}


def test_custom_properties_reach_the_calendar_only_when_kept_and_saved(outlook: Outlook) -> None:
    pane = pane_of(outlook, "Med egenskap")
    pane.evaluate(
        """() => new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync(({value}) => {
            value.set("meeting", "m-1");
            value.set("draft", "x");
            value.remove("draft");
            value.saveAsync(() => { value.set("late", "never kept"); done(); });
        }))"""
    )
    assert graph_event(outlook, "Med egenskap", addin_id_of(outlook)) is None
    outlook.save()
    stored = graph_event(outlook, "Med egenskap", addin_id_of(outlook))["singleValueExtendedProperties"]
    assert [json.loads(one["value"]) for one in stored] == [{"meeting": "m-1"}]
    outlook.open("Med egenskap")
    read = """() => new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync(
        ({value}) => done([value.get("meeting"), value.get("draft") ?? null, value.get("late") ?? null])))"""
    assert outlook.open_pane().evaluate(read) == ["m-1", None, None]


def test_custom_properties_over_2500_characters_are_thrown_back(asked: Frame) -> None:
    act = """(length) => new Promise((done) => Office.context.mailbox.item.loadCustomPropertiesAsync(({value}) => {
        value.set("m", "x".repeat(length - '{"m":""}'.length));
        done(thrown(() => value.saveAsync(() => 0)));
    }))"""
    assert asked.evaluate(act, 2500) is None
    error = {"name": "Sys.ArgumentOutOfRangeException", "parameter": "customProperties"}
    assert asked.evaluate(act, 2501) == error


def test_only_a_delegate_gets_shared_properties(open_outlook: Opener) -> None:
    own = pane_of(open_outlook())
    assert own.evaluate("Office.context.mailbox.item.getSharedPropertiesAsync === undefined")
    shared = pane_of(open_outlook("carin.ek", "anna.lindgren"))
    told = value(shared, "getSharedPropertiesAsync")
    assert told["owner"] == told["targetMailbox"] == "anna.lindgren@region.example"
    assert told["delegatePermissions"] & 2
    assert shared.evaluate("Office.context.mailbox.userProfile.emailAddress") == "carin.ek@region.example"


def test_a_fourth_simultaneous_call_fails_and_the_three_succeed(standing: Standing) -> None:
    outlook, pane = standing.outlook, standing.pane
    outlook.page.evaluate("sandboxFaults.hold('subject.getAsync')")
    pane.evaluate("() => { window.three = [1, 2, 3].map(() => ask('subject.getAsync')); }")
    fourth = ask(pane, "location.getAsync")
    assert (fourth["status"], fourth["error"]["code"]) == ("failed", 5100)
    outlook.page.evaluate("sandboxFaults.release('subject.getAsync')")
    three = pane.evaluate("Promise.all(three)")
    assert [one["status"] for one in three] == ["succeeded"] * 3
    assert ask(pane, "location.getAsync")["status"] == "succeeded"


def test_an_ordered_fault_fails_that_call_as_often_as_ordered(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    outlook.page.evaluate("sandboxFaults.fail('location.setAsync', {times: 1})")
    failed = ask(pane, "location.setAsync", "Rum 1")
    assert (failed["status"], failed["error"]["code"], failed["error"]["name"]) == (
        "failed",
        9020,
        "GenericResponseError",
    )
    assert "value" not in failed or failed["value"] is None
    expect(outlook.field("Plats")).to_have_value("")
    value(pane, "location.setAsync", "Rum 1")
    outlook.page.evaluate(
        "sandboxFaults.fail('body.setAsync', {code: 9041, name: 'NetworkError', message: 'x'})"
    )
    assert ask(pane, "body.setAsync", "x")["error"] == {"code": 9041, "name": "NetworkError", "message": "x"}
    outlook.page.evaluate("sandboxFaults.clear()")
    value(pane, "body.setAsync", "x")


def test_the_access_token_is_for_the_service_and_the_person(standing: Standing) -> None:
    outlook, pane = standing.outlook, standing.pane
    token = pane.evaluate("Office.auth.getAccessToken({allowSignInPrompt: true})")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    config = outlook.page.evaluate("async () => (await fetch('/window/config.json')).json()")
    assert (claims["aud"], claims["oid"]) == (config["api_client"], config["users"][0]["object_id"])
    assert claims["scp"] == "access_as_user"


def test_a_token_that_is_asked_for_before_the_last_one_has_come_is_refused(asked: Frame) -> None:
    wish = "Office.auth.getAccessToken().then(() => 'a token', ({code}) => code)"
    assert asked.evaluate(f"Promise.all([{wish}, {wish}])") == ["a token", 13008]
    assert asked.evaluate(wish) == "a token"


def test_a_refused_sign_in_is_a_rejection_with_offices_code(outlook: Outlook) -> None:
    pane = pane_of(outlook)
    asked = "Office.auth.getAccessToken().then(() => 'a token', ({code, name}) => ({code, name}))"
    outlook.page.evaluate(
        "sandboxFaults.fail('auth.getAccessToken', {code: 13001, name: 'User Not Signed In', times: 1})"
    )
    assert pane.evaluate(asked) == {"code": 13001, "name": "User Not Signed In"}
    outlook.page.route("**/sandbox/token", lambda route: route.fulfill(status=503, body=""))
    assert pane.evaluate(asked) == {"code": 13006, "name": "Client Error"}


def forge_a_call(outlook: Outlook, frame: Frame) -> None:
    """Let a frame that is no pane ask the window to change the subject; return when the window has heard it."""
    # Registered after the window's own listener, so the window has dealt with the call when this resolves.
    outlook.page.evaluate(
        """() => { window.heard = new Promise((heard) =>
            addEventListener("message", ({data}) => data.id === "forged" && heard())); }"""
    )
    frame.evaluate(
        """() => { parent.postMessage({channel: "office-stand-in", kind: "call", id: "forged",
            name: "subject.setAsync", args: ["Kapat"]}, "*"); }"""
    )
    outlook.page.evaluate("heard")


def test_a_call_from_another_frame_of_the_service_is_not_obeyed(
    outlook: Outlook, service: TestService
) -> None:
    pane_of(outlook, "Mitt")
    outlook.page.evaluate(
        """(src) => new Promise((loaded) => {
            const frame = document.createElement("iframe");
            Object.assign(frame, {name: "intruder", src, onload: () => loaded()});
            document.body.append(frame);
        })""",
        f"{service.url}/pane/",
    )
    intruder = outlook.page.frame(name="intruder")
    assert intruder
    forge_a_call(outlook, intruder)
    expect(outlook.field("Ämne")).to_have_value("Mitt")


def test_a_call_from_another_origin_in_the_panes_frame_is_not_obeyed(outlook: Outlook) -> None:
    pane = pane_of(outlook, "Mitt")
    pane.goto(f"{outlook.address}/window/config.json")
    forge_a_call(outlook, pane)
    expect(outlook.field("Ämne")).to_have_value("Mitt")


def test_a_forged_answer_to_the_pane_is_not_believed(standing: Standing) -> None:
    outlook, pane = standing.outlook, standing.pane
    outlook.page.evaluate("sandboxFaults.hold('subject.getAsync')")
    pane.evaluate("() => { window.asked = ask('subject.getAsync'); }")
    pane.evaluate(
        """() => { for (let id = 1; id < 9; id += 1) window.postMessage(
            {channel: "office-stand-in", kind: "answer", id, value: "Förfalskad"}, "*"); }"""
    )
    outlook.page.evaluate("sandboxFaults.release('subject.getAsync')")
    assert pane.evaluate("asked")["value"] == "Rond"


def test_the_pane_may_write_to_the_clipboard(asked: Frame) -> None:
    asked.get_by_role("button", name="En knapp i rutan").click()
    asked.evaluate("navigator.clipboard.writeText('https://vardmote.example/m/X')")
    assert asked.evaluate("navigator.clipboard.readText()") == "https://vardmote.example/m/X"
