"""The parts of the service, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Final

from addin.config.settings import Settings
from addin.meetings.book import BookMeeting
from addin.meetings.cancel import CancelMeeting
from addin.meetings.change import ChangeMeeting
from addin.meetings.change_link import ChangeLink
from addin.meetings.click import BindItem
from addin.meetings.due import Queue, Work
from addin.meetings.explain import ExplainFollowing
from addin.meetings.follow import FollowItems
from addin.meetings.hints import HintInbox
from addin.meetings.invitations import MeetingInvitations
from addin.meetings.item_answers import ItemAnswers
from addin.meetings.keyring import Keyring
from addin.meetings.look import ItemLooks
from addin.meetings.mailbox_record import RoundRecord
from addin.meetings.mailbox_round import MailboxRounds
from addin.meetings.mailboxes import FollowMailboxes
from addin.meetings.model import Meeting
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.pull_pace import PullPace
from addin.meetings.read_texts import ReadTexts
from addin.meetings.rebuild import Rebuild
from addin.meetings.reconcile import Reconciler
from addin.meetings.record_draft import FollowRules
from addin.meetings.rights import ProveRights
from addin.meetings.rooms import RoomPlans
from addin.meetings.send_notices import SendNotices
from addin.meetings.sweep import Sweep
from addin.meetings.take_hints import TakeHints
from addin.meetings.take_in import TakeInMailboxes
from addin.meetings.texts import Contact, MeetingTexts
from addin.store.ledger import SqlLedger
from addin.store.restored import note_progress
from addin.web.staff.api.meetings import MeetingUseCases
from addin.web.staff.api.representation import Representation
from addin.web.staff.api.texts import TextUseCases
from addin.web.staff.auth.outbound import Outbound
from addin.web.staff.auth.tokens import TokenSettings, TokenVerifier
from addin.wiring.adapters import (
    calendars_of,
    keyring_of,
    mail_domains_of,
    mailer_of,
    mark_of,
    outbound_of,
    persons_calendars_of,
    providers_of,
    shared_of,
    tenants_of,
)
from addin.wiring.content import load_content
from addin.worker import Loop, Worker
from calendar_sync.calendar import Calendar
from calendar_sync.items import Block

# How many items of one calendar are looked at together; each batch is one call in most calendars.
FOLLOWERS_A_CALENDAR: Final = 2
# How many mailboxes of one calendar are looked after at once: where a calendar does not tell, each costs a call of its
# own, and so many of these run beside each other as keep the pace of `meetings.pull_pace`.
WATCHERS_A_CALENDAR: Final = 6


class SystemClock:
    """The machine's own clock (`ports.Clock`)."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Service:
    """The parts of a running service, each made once and only when asked for."""

    def __init__(self, settings: Settings, ledger: SqlLedger, clock: Clock | None = None) -> None:
        self.settings = settings
        self.ledger = ledger
        self.clock = clock or SystemClock()
        self.content = load_content(settings)

    @cached_property
    def outbound(self) -> Outbound:
        """How we reach identity providers."""
        return outbound_of(self.settings)

    @cached_property
    def keyring(self) -> Keyring:
        """The service's own keys."""
        return keyring_of(self.settings)

    @cached_property
    def providers(self) -> dict[str, ConferencingProvider]:
        """The conferencing providers by name."""
        return providers_of(self.settings)

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars that are followed, by name."""
        return calendars_of(self.settings)

    @cached_property
    def plans(self) -> RoomPlans:
        """What rooms are to be like."""
        titles = {kind: titles.room_title for kind, titles in self.content.titles.by_kind.items()}
        return RoomPlans(self.content.types, self.keyring, self.settings.service.instance, titles)

    @cached_property
    def reconciler(self) -> Reconciler:
        """What makes rooms agree with wishes."""
        # Half of the threads stay free for everybody else when a provider is slow.
        most = max(1, self.settings.server.threads // 2)
        return Reconciler(self.ledger, self.providers, self.plans, self.clock, most_slow_clicks=most)

    @cached_property
    def hints(self) -> HintInbox:
        """What takes in calendars' notifications."""
        return HintInbox(self.ledger, self.keyring, self.clock)

    @cached_property
    def texts(self) -> MeetingTexts:
        """What renders words."""
        service = self.settings.service
        contact = Contact(service.base_url, service.support, service.info_page)
        content = self.content
        return MeetingTexts(
            content.catalogue,
            content.titles,
            content.types,
            content.units,
            self.providers,
            self.clock,
            contact,
        )

    @cached_property
    def invitations(self) -> MeetingInvitations:
        """What writes calendar files for people outside."""
        mail = self.settings.mail
        return MeetingInvitations(self.texts, self.ledger, self.clock, mail.sender if mail else None)

    @cached_property
    def change(self) -> ChangeMeeting:
        """The use cases that change a meeting."""
        return ChangeMeeting(
            self.ledger,
            self.reconciler,
            self.plans,
            self.content.units,
            self.clock,
            self.providers,
            self._quiet_seconds,
        )

    @property
    def _quiet_seconds(self) -> float:
        """How long a mail waits for the next change."""
        mail = self.settings.mail
        return mail.quiet_seconds if mail else 0.0

    @cached_property
    def use_cases(self) -> MeetingUseCases:
        """What the JSON interface calls."""
        domains = mail_domains_of(self.settings)
        return MeetingUseCases(
            book=BookMeeting(
                self.ledger,
                self.reconciler,
                self.plans,
                self.content.units,
                self.clock,
                domains,
                self.providers,
                follows=bool(self.calendars),
                quiet_seconds=self._quiet_seconds,
            ),
            change=self.change,
            link=ChangeLink(self.ledger, self.reconciler, self.plans, self.clock, self._quiet_seconds),
            cancel=CancelMeeting(self.ledger, self.reconciler, self.clock),
            bind_item=self.bind_item,
            answers=self.answers,
            representation=Representation(self.ledger, self.texts, self.providers),
            ledger=self.ledger,
            clock=self.clock,
        )

    @cached_property
    def text_use_cases(self) -> TextUseCases:
        """What the JSON interface calls for words."""
        return TextUseCases(
            read=ReadTexts(self.ledger, self.texts, self.clock),
            invitations=self.invitations,
            change=self.change,
            representation=self.use_cases.representation,
            copy_first=self.settings.pane.copy_first,
        )

    @cached_property
    def worker(self) -> Worker:
        """What does the work that nobody waits for."""
        outside = self.settings.calendars.outside
        return Worker(
            ledger=self.ledger,
            reconciler=self.reconciler,
            sweep=Sweep(self.ledger, self.clock),
            providers=self.providers,
            note_progress=partial(note_progress, self.ledger.engine, mark_of(self.settings)),
            send_notices=self.send_notices,
            followers=self.followers,
            follow_all=self.taking_in.follow_all if self.calendars else None,
            prove_rights=ProveRights(self.ledger, self.calendars, outside, self.clock),
        )

    @cached_property
    def followers(self) -> dict[str, Loop]:
        """What follows calendars, by the name of its thread; nothing where none is followed."""
        if not self.calendars:
            return {}
        loops = {
            "hints": Loop(Queue(Work.HINTS), TakeHints(self.ledger).work_once),
            "route": Loop(Queue(Work.ROUTES), self.taking_in.route_once),
            "probe": Loop(Queue(Work.MAILBOXES), partial(self.mailboxes.work_once, None)),
        }
        for name in self.calendars:
            watched = Queue(Work.MAILBOXES, name)
            for number in range(WATCHERS_A_CALENDAR):
                loops[f"watch-{name}-{number}"] = Loop(watched, partial(self.mailboxes.work_once, name))
            for number in range(FOLLOWERS_A_CALENDAR):
                followed = Queue(Work.ITEMS, name)
                loops[f"follow-{name}-{number}"] = Loop(followed, partial(self.items.work_once, name))
        return loops

    @cached_property
    def mailboxes(self) -> FollowMailboxes:
        """What looks after followed mailboxes."""
        calls = self.settings.calendars.hooks_url or self.settings.service.base_url
        graph = (f"{calls}/hooks/graph/notifications", f"{calls}/hooks/graph/lifecycle")
        pace = PullPace(timedelta(seconds=self.settings.calendars.pull_seconds))
        return FollowMailboxes(
            self.ledger,
            self.calendars,
            MailboxRounds({"graph": graph}),
            RoundRecord(self.keyring, self.settings.service.instance, pace, mail_domains_of(self.settings)),
            self.clock,
            self._standing_mailboxes,
            self._also_searched,
        )

    @cached_property
    def taking_in(self) -> TakeInMailboxes:
        """What has mailboxes looked after."""
        return TakeInMailboxes(self.ledger, self.calendars, self._standing_mailboxes, self._also_searched)

    @property
    def _standing_mailboxes(self) -> list[str]:
        return [mailbox for unit in self.content.units for mailbox in unit.mailboxes]

    @property
    def _also_searched(self) -> list[str]:
        return [mailbox.lower() for mailbox in self.settings.calendars.also_search]

    @cached_property
    def looks(self) -> ItemLooks:
        """What looks at calendar items."""
        return self._looking(self.calendars)

    def _looking(self, calendars: Mapping[str, Calendar]) -> ItemLooks:
        grace = timedelta(minutes=self.settings.calendars.grace_minutes)
        instance = self.settings.service.instance
        return ItemLooks(self.ledger, calendars, self.keyring, instance, self.clock, grace)

    @cached_property
    def items(self) -> FollowItems:
        """What makes meetings agree with their calendar items."""
        return self._following(self.calendars)

    def _following(self, calendars: Mapping[str, Calendar]) -> FollowItems:
        rules = FollowRules(
            may_write=self.settings.calendars.may_write,
            service_url=self.settings.service.base_url,
            quiet_seconds=self._quiet_seconds,
            near_period=timedelta(minutes=self.settings.calendars.sweep_minutes),
        )
        return FollowItems(
            self.ledger,
            calendars,
            self._looking(calendars),
            self.plans,
            self.providers,
            self._block,
            rules,
            self.clock,
        )

    @cached_property
    def explain_following(self) -> ExplainFollowing:
        """What tells an operator what following would do."""
        return ExplainFollowing(self.ledger, self.looks, self.plans.types)

    @cached_property
    def bind_item(self) -> BindItem:
        """What looks at the item that somebody has open."""
        most = max(1, self.settings.server.threads // 4)
        persons = persons_calendars_of(self.settings)
        return BindItem(self.ledger, persons, self._following, most_slow_clicks=most)

    @cached_property
    def answers(self) -> ItemAnswers:
        """What the pane's people say about calendar items."""
        return ItemAnswers(self.ledger, self.clock, self.settings.calendars.may_write)

    def _block(self, meeting: Meeting) -> Block:
        rendered, earlier = self.texts.block_with_earlier(meeting)
        return Block(rendered.html, rendered.plain, earlier)

    @cached_property
    def send_notices(self) -> SendNotices | None:
        """What tells staff by mail; None where no mail server is set up."""
        mailer, chosen = mailer_of(self.settings), self.settings.mail
        if mailer is None or chosen is None:
            return None
        domains = mail_domains_of(self.settings)
        return SendNotices(self.ledger, mailer, self.texts, self.clock, domains, chosen.reminder_hours)

    @cached_property
    def verifier(self) -> TokenVerifier:
        """What says who sent a token."""
        sign_in = self.settings.sign_in
        token_settings = TokenSettings(
            tenants=tenants_of(self.settings),
            audiences=tuple(sign_in.audiences),
            authorised_parties=tuple(sign_in.authorised_parties),
            scope=sign_in.scope,
            account_type_required=sign_in.account_type_required,
            outbound=self.outbound,
            shared=shared_of(self.settings),
        )
        return TokenVerifier(token_settings, self.clock)

    @cached_property
    def rebuild(self) -> Rebuild:
        """The use case after a restore."""
        return Rebuild(self.ledger, self.providers, self.plans)
