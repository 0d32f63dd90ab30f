"""The invented people, mailboxes, applications and passwords of the region: all of it public and worthless."""

from dataclasses import dataclass
from typing import Final, Literal

Home = Literal["online", "on_premises"]

TENANT: Final = "5a1d0b0e-7c1e-4d8b-9a56-3f0c2e9d4b10"
OTHER_TENANT: Final = "c2f6d0b4-1a9e-4b1f-8f59-6f0c5b7d2e93"

# Application registrations, as an Entra administrator would have made them.
API_CLIENT: Final = "8d9f3c52-6a0e-4a63-9c1e-1b7a5d2f4e01"  # our service: `aud` of version 2.0 tokens
API_URI: Final = f"api://{API_CLIENT}"  # `aud` of version 1.0 tokens
API_SCOPE: Final = "access_as_user"
API_SECRET: Final = "sandbox-api-secret"  # by which it acts on behalf of those who call it
PANE_CLIENT: Final = "3e7b1f60-2c4d-4f8a-a5d9-9a0c6e8b7d02"  # the pane (public client): `azp` of its tokens
WEB_CLIENT: Final = "b4c8a7d1-5e2f-4930-8b6d-7f1e3a9c0d03"  # the start page (confidential client)
WEB_SECRET: Final = "sandbox-web-secret"
BACKGROUND_CLIENT: Final = "d05e9b38-4f7a-4c26-b1e3-2a8d6c5f9e04"  # the worker's access to calendars
BACKGROUND_SECRET: Final = "sandbox-background-secret"
READING_CLIENT: Final = (
    "e7a1c4f2-3b5d-4e80-9c62-4d8f1b6a7c05"  # the same where it was granted to read and no more
)
READING_SECRET: Final = "sandbox-reading-secret"
GRAPH_AUDIENCE: Final = "https://graph.microsoft.com"

SECRETS: Final = {
    WEB_CLIENT: WEB_SECRET,
    BACKGROUND_CLIENT: BACKGROUND_SECRET,
    READING_CLIENT: READING_SECRET,
    API_CLIENT: API_SECRET,
}
PUBLIC_CLIENTS: Final = frozenset({PANE_CLIENT})

PEXIP_USER: Final = "vardmote"
PEXIP_PASSWORD: Final = "sandbox-pexip-password"
PEXIP_READER: Final = "lasare"  # may read and nothing else: every change is 403
PEXIP_READER_PASSWORD: Final = "sandbox-pexip-reader"
PEXIP_ACCOUNTS: Final = {PEXIP_USER: PEXIP_PASSWORD, PEXIP_READER: PEXIP_READER_PASSWORD}

# Exchange on premises: the service account, which may only impersonate, and the people's own password.
EWS_USER: Final = "svc-vardmote"
EWS_PASSWORD: Final = "sandbox-ews-password"
MAILBOX_PASSWORD: Final = "sandbox-mailbox-password"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in. `home` is the tenant that holds the account; a guest's home is another tenant."""

    object_id: str
    name: str
    address: str
    role: str
    title: str
    tenant: str = TENANT
    home: str = TENANT

    @property
    def is_guest(self) -> bool:
        """Whether this account was invited into its tenant from another one."""
        return self.tenant != self.home


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of the region; `delegates` are the object ids of those who may open its calendar.

    `in_scope`: the background application may reach it; another mailbox answers 403 to it, as the administrator wants.
    `home` is where it is at first: in Exchange Online, or in the region's own Exchange. `group` is the id of the group
    in Entra whose members the delegates of a shared mailbox are.
    """

    object_id: str
    name: str
    address: str
    shared: bool
    delegates: tuple[str, ...] = ()
    in_scope: bool = True
    home: Home = "online"
    group: str | None = None


ANNA: Final = Person(
    "0a7d7f5e-11c4-4a55-8b1c-0d6d6f4f1a01",
    "Anna Lindgren",
    "anna.lindgren@region.example",
    "clinician",
    "psykolog",
)
BO: Final = Person(
    "1b8e8a6f-22d5-4b66-9c2d-1e7e7a5a2b02",
    "Bo Sandström",
    "bo.sandstrom@region.example",
    "clinician",
    "överläkare",
)
CARIN: Final = Person(
    "2c9f9b70-33e6-4c77-8d3e-2f8f8b6b3c03",
    "Carin Ek",
    "carin.ek@region.example",
    "secretary",
    "medicinsk sekreterare",
)
DAVID: Final = Person(
    "3dafac81-44f7-4d88-9e4f-3a9a9c7c4d04",
    "David Nyström",
    "david.nystrom@region.example",
    "substitute",
    "vikarierande psykolog",
)
EVA: Final = Person(
    "4eb0bd92-5508-4e99-8f50-4bababad5e05",
    "Eva Holm",
    "eva.holm@region.example",
    "administrator",
    "systemförvaltare",
)
GUEST: Final = Person(
    "5fc1cea3-6619-4faa-9a61-5cbcbcbe6f06",
    "Filip Berg",
    "filip.berg@kommun.example",
    "guest",
    "handläggare i kommunen, gäst i regionen",
    home=OTHER_TENANT,
)
STRANGER: Final = Person(
    "60d2dfb4-772a-40bb-8b72-6dcdcdcf7a07",
    "Gun Lund",
    "gun.lund@annanregion.example",
    "stranger",
    "läkare i en annan region",
    tenant=OTHER_TENANT,
    home=OTHER_TENANT,
)

STAFF: Final = (ANNA, BO, CARIN, DAVID, EVA)
OUTSIDERS: Final = (GUEST, STRANGER)
PEOPLE: Final = {person.object_id: person for person in STAFF + OUTSIDERS}

MAILBOXES: Final = (
    Mailbox(ANNA.object_id, ANNA.name, ANNA.address, shared=False, delegates=(CARIN.object_id,)),
    Mailbox(BO.object_id, BO.name, BO.address, shared=False, delegates=(CARIN.object_id,)),
    Mailbox(CARIN.object_id, CARIN.name, CARIN.address, shared=False),
    # Anna keeps the calendar of her substitute, who is no unit's and books little: found by way of her list.
    Mailbox(DAVID.object_id, DAVID.name, DAVID.address, shared=False, delegates=(ANNA.object_id,)),
    Mailbox(EVA.object_id, EVA.name, EVA.address, shared=False),
    Mailbox(
        "71e3e0c5-883b-41cc-9c83-7edededa8b08",
        "Psykiatrimottagningen",
        "psykiatrimottagningen@region.example",
        shared=True,
        delegates=(ANNA.object_id, BO.object_id, CARIN.object_id, DAVID.object_id),
        group="a4b6b3f8-1bbe-44ff-8fa6-a1f1f1feb012",
    ),
    # No employees of the clinics: what proves that the background application's rights end where they should, one in
    # each Exchange.
    Mailbox(
        "82f4f1d6-994c-42dd-8d94-8fefefef9c10",
        "Regionens diarium",
        "diarium@region.example",
        shared=False,
        in_scope=False,
    ),
    Mailbox(
        "93a5a2e7-0aad-43ee-9ea5-90f0f0fada11",
        "Regionarkivet",
        "arkivet@region.example",
        shared=False,
        in_scope=False,
        home="on_premises",
    ),
)


def groups_of(person: Person) -> list[str]:
    """Return the ids of the groups that the person is a member of, as Entra tells them in the claim `groups`."""
    return [mailbox.group for mailbox in MAILBOXES if mailbox.group and person.object_id in mailbox.delegates]
