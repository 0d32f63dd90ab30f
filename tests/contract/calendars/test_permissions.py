"""`docs/permissions.md` lists every request that is sent to Graph, and names the right that each needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from addin.sandbox import people
from calendar_sync.calendar import AccessDenied, WatchWish
from calendar_sync.graph import GraphCalendar
from calendar_sync.items import ItemRef
from calendar_sync.microsoft.settings import ClientSecret
from tests.architecture.tables import rows
from tests.contract.calendars.graph_stand import GraphStand, settings
from tests.contract.calendars.stands import SERVICE, Wish
from tests.contract.calendars.test_port import BLOCK, NINE, new_tag, seen
from tests.contract.sandbox.receiver import Receiver
from tests.contract.sandbox.running import Sandbox

SECTION: Final = "What is called at Graph"
BATCH: Final = "POST /$batch"
READ, WRITE = "`Calendars.Read`", "`Calendars.ReadWrite`"


@pytest.fixture
def anna(region: Sandbox) -> GraphStand:
    return GraphStand(region)


def test_the_list_of_requests_is_all_that_is_ever_sent(anna: GraphStand) -> None:
    use_everything(anna)
    assert templates(anna) == {name for name, _ in rows("permissions.md", SECTION)} | {BATCH}


def test_with_the_right_to_read_all_is_done_but_what_is_said_to_need_more(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE, tag=new_tag(), body=BLOCK.html))
    before = seen(anna, item)
    anna.region.call("DELETE", "/sandbox/log")
    calendar = reading(anna)
    receiver = Receiver()
    wish = WatchWish(f"{receiver.url}/n", f"{receiver.url}/l", "secret")
    calendar.probe(anna.mailbox)
    calendar.look([before.ref])
    calendar.find_tagged(anna.mailbox)
    calendar.find_uid(anna.mailbox, before.uid)
    watch = calendar.watch(anna.mailbox, wish)
    assert calendar.renew(anna.mailbox, watch.id)
    calendar.unwatch(anna.mailbox, watch.id)
    receiver.close()
    told = {name: cells[0] for name, cells in rows("permissions.md", SECTION)}
    assert {told[name] for name in templates(anna) - {BATCH}} == {READ}
    writes: list[Callable[[], object]] = [
        lambda: calendar.write_tag(before.ref, new_tag(), before.version),
        lambda: calendar.replace_block(before.ref, None, None, before.version, SERVICE, [BLOCK]),
    ]
    for write in writes:
        with pytest.raises(AccessDenied):
            write()
    assert {name for name, right in told.items() if right == WRITE} == templates(anna) & {
        "PATCH /users/{mailbox}/events/{id}"
    }
    assert seen(anna, item) == before


def use_everything(anna: GraphStand) -> None:
    """Use every method of the adapter, on every kind of item."""
    item = anna.books(Wish(NINE, tag=new_tag(), body=BLOCK.html))
    series = anna.books(Wish(NINE, tag=new_tag(), rule="FREQ=DAILY;COUNT=3"))
    gone = anna.books(Wish(NINE))
    anna.deletes(gone)
    receiver = Receiver()
    calendar, mailbox = anna.calendar, anna.mailbox
    calendar.probe(mailbox)
    calendar.look([ItemRef(mailbox, one) for one in (item, series, gone)])
    calendar.find_tagged(mailbox)
    calendar.shared_with(mailbox)
    copy = seen(anna, anna.copies(item, NINE + timedelta(days=1)))
    calendar.find_uid(mailbox, copy.uid)
    version = calendar.write_tag(copy.ref, new_tag(), copy.version)
    calendar.replace_block(copy.ref, None, None, version, SERVICE, [BLOCK])
    watch = calendar.watch(mailbox, WatchWish(f"{receiver.url}/n", f"{receiver.url}/l", "secret"))
    calendar.renew(mailbox, watch.id)
    calendar.unwatch(mailbox, watch.id)
    receiver.close()


def reading(anna: GraphStand) -> GraphCalendar:
    """Return the adapter of an application that may only read."""
    microsoft = replace(
        settings(anna.region).microsoft,
        client_id=people.READING_CLIENT,
        credential=ClientSecret(people.READING_SECRET),
    )
    return GraphCalendar(settings(anna.region, microsoft=microsoft, writes=False))


def templates(anna: GraphStand) -> set[str]:
    """Return what was sent, with every name of a mailbox and every id taken out."""
    return {f"{one['method']} {_template(one['path'])}" for one in anna.requests()}


def _template(path: str) -> str:
    parts = path.removeprefix("/v1.0").split("/")
    named = [
        "{mailbox}" if before == "users" else part for before, part in zip(["", *parts], parts, strict=False)
    ]
    return re.sub(r"/(calendars|subscriptions|events)/[^/]+", r"/\1/{id}", "/".join(named))
