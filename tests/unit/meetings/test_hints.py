"""What calendars tell is proven, stored once, and answered for; nothing is concluded from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from addin.meetings.calendar_ledger_port import StoredHint
from addin.meetings.errors import LedgerUnavailable
from addin.meetings.hints import REMEMBERED, HintInbox
from addin.meetings.ports import HintKind, ReceivedHint
from addin.meetings.watches import MailboxWatch
from addin.store import tables
from tests.unit.meetings.desk import Desk

CHANGED = ReceivedHint("subscription", "secret", HintKind.UPDATED, "item", "version")


@pytest.fixture
def inbox(desk: Desk) -> HintInbox:
    """An inbox whose ledger knows one subscription."""
    watched(desk, subscription="subscription", secret="secret")
    return HintInbox(desk.ledger, desk.plans.keyring, desk.clock)


def watched(desk: Desk, *, subscription: str, secret: str) -> None:
    """Have the mailbox of the desk's meetings watched under that subscription."""
    desk.books(subscription)
    desk.ledger.write(lambda writing: writing.follow_all(10))
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    (claim,) = desk.ledger.write(lambda writing: writing.claim_watches(None, 30, 10))
    watch = replace(claim.watch, backend="graph", subscription=subscription, secret=secret)
    desk.ledger.write(lambda writing: writing.save_watch(claim, watch, 60))


def stored(desk: Desk) -> list[StoredHint]:
    return list(desk.ledger.write(lambda writing: writing.take_hints(100)))


def test_a_proven_hint_is_stored(desk: Desk, inbox: HintInbox) -> None:
    inbox.receive([CHANGED])
    (hint,) = stored(desk)
    assert hint.kind is HintKind.UPDATED
    assert hint.received_at == desk.clock.time


def test_a_repeated_hint_is_stored_once_and_a_newer_version_beside_it(desk: Desk, inbox: HintInbox) -> None:
    inbox.receive([CHANGED, CHANGED])
    inbox.receive([CHANGED, replace(CHANGED, version="newer")])
    assert len(stored(desk)) == 2


@pytest.mark.parametrize(
    "bad",
    [
        replace(CHANGED, secret="other"),
        replace(CHANGED, secret="sécret"),
        replace(CHANGED, subscription="x"),
        # What is compared with where no subscription is known.
        replace(CHANGED, subscription="x", secret="-" * 43),
    ],
    ids=["wrong secret", "secret that is no ASCII", "no such subscription", "nobody's secret"],
)
def test_a_bad_hint_is_dropped_and_the_good_beside_it_is_kept(
    desk: Desk, inbox: HintInbox, bad: ReceivedHint
) -> None:
    good = replace(CHANGED, item_id="another item")
    inbox.receive([bad, good, bad])
    assert len(stored(desk)) == 1


def test_thousands_of_guesses_in_one_post_cost_one_question_and_one_line_of_the_log(
    desk: Desk, inbox: HintInbox, caplog: pytest.LogCaptureFixture
) -> None:
    guesses = [replace(CHANGED, subscription=f"guess-{number}") for number in range(5000)]
    asked: list[object] = []
    event.listen(desk.ledger.engine, "before_cursor_execute", lambda *_: asked.append(1))
    inbox.receive([*guesses, CHANGED, replace(CHANGED, secret="guess")])
    assert len(stored(desk)) == 1
    assert len(asked) < 10
    told = [
        (record.getMessage(), record.__dict__["reason"], record.__dict__["count"])
        for record in caplog.records
    ]
    assert sorted(told) == [("hints_dropped", "secret", 1), ("hints_dropped", "subscription", 5000)]


def test_a_hint_about_the_subscription_has_no_item(desk: Desk, inbox: HintInbox) -> None:
    inbox.receive([ReceivedHint("subscription", "secret", HintKind.MISSED)])
    (hint,) = stored(desk)
    assert (hint.kind, hint.item) == (HintKind.MISSED, None)


def test_the_sender_is_told_when_nothing_was_stored(desk: Desk) -> None:
    watched(desk, subscription="subscription", secret="secret")
    ledger = BreakingLedger(desk)
    inbox = HintInbox(ledger, desk.plans.keyring, desk.clock)  # type: ignore[arg-type]
    with pytest.raises(LedgerUnavailable):
        inbox.receive([CHANGED])
    assert stored(desk) == []


class BreakingLedger:
    """Reads, and cannot commit."""

    def __init__(self, desk: Desk) -> None:
        self.read = desk.ledger.read

    def write(self, _unit: object) -> None:
        raise LedgerUnavailable("full")


def test_a_subscription_that_has_ended_is_not_believed_for_long(desk: Desk, inbox: HintInbox) -> None:
    inbox.receive([CHANGED])
    assert len(stored(desk)) == 1
    with desk.ledger.engine.begin() as connection:
        connection.execute(tables.watches.delete())

    desk.clock.time += REMEMBERED + timedelta(seconds=1)
    inbox.receive([CHANGED])

    assert stored(desk) == []


def test_neither_item_nor_subscription_nor_secret_can_be_read_in_the_ledger(
    desk: Desk, inbox: HintInbox
) -> None:
    inbox.receive([CHANGED])
    with desk.ledger.engine.connect() as connection:
        rows = [
            repr(tuple(row))
            for table in (tables.hints, tables.watches, tables.bindings)
            for row in connection.execute(select(table))
        ]
    assert len(rows) == 3
    assert not any(word in row for row in rows for word in ("item", "secret'", "subscription", "anna"))


def test_a_watch_is_found_by_its_subscription(desk: Desk, inbox: HintInbox) -> None:
    asked = ["another", "subscription"]
    (found,) = desk.ledger.read(lambda reading: reading.watches_of(asked)).values()
    assert isinstance(found, MailboxWatch)
    assert found.mailbox == "anna.lindgren@region.example"
    assert "secret" not in repr(found).replace("secrets", "")
