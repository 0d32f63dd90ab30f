"""An account that a server refuses is tried ever more seldom, whoever asks, and at once again when it is accepted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from calendar_sync.calendar import CalendarUnavailable, CredentialsRefused
from calendar_sync.refused_account import LONGEST_REST_SECONDS, RefusedAccount


@dataclass
class Server:
    """Refuses the account while `locked`; `tried` are the seconds at which somebody tried it."""

    now: float = 1000.0
    locked: bool = True
    tried: list[float] = field(default_factory=list)
    account: RefusedAccount = field(init=False)

    def __post_init__(self) -> None:
        self.account = RefusedAccount(lambda: self.now)

    def call(self) -> None:
        with self.account.tried():
            self.tried.append(self.now)
            if self.locked:
                raise CredentialsRefused

    def calls_every_second(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            with pytest.raises(CredentialsRefused):
                self.call()


def test_a_wrong_password_is_tried_ever_more_seldom_however_many_ask() -> None:
    server = Server()
    server.calls_every_second(3600)
    pauses = [later - before for before, later in zip(server.tried, server.tried[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_REST_SECONDS
    assert len(server.tried) < 15


def test_one_refusal_is_tried_again_at_once() -> None:
    server = Server()
    server.calls_every_second(1)
    server.locked = False
    server.call()


def test_an_account_that_is_accepted_again_has_nothing_left_of_its_rest() -> None:
    server = Server()
    server.calls_every_second(100)
    server.locked = False
    server.now += LONGEST_REST_SECONDS
    server.call()
    server.call()
    server.locked = True
    tried = len(server.tried)
    server.calls_every_second(2)
    assert len(server.tried) == tried + 2


def test_calls_that_were_under_way_together_count_as_one_refusal() -> None:
    account = RefusedAccount(lambda: 0.0)
    guards = [account.tried() for _ in range(5)]
    for guard in guards:
        guard.__enter__()
    for guard in guards:
        refusal = CredentialsRefused()
        guard.__exit__(CredentialsRefused, refusal, None)
    with account.tried():
        pass


def test_what_says_nothing_of_the_account_changes_nothing() -> None:
    server = Server()
    server.calls_every_second(1)
    with pytest.raises(CalendarUnavailable), server.account.tried():
        raise CalendarUnavailable
    server.now += 60
    server.calls_every_second(1)
    tried = len(server.tried)
    server.calls_every_second(10)
    assert len(server.tried) == tried
