"""The one place that says what Outlook shall know about the add-in; every manifest format is made from it.

Changing anything here changes what administrators have approved: raise `version` in the same commit, and keep
addresses stable, because users of an add-in with new rights are locked out until an administrator consents again.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

DEFAULT_LOCALE: Final = "sv-SE"
ENGLISH: Final = "en-US"


@dataclass(frozen=True, slots=True)
class Text:
    """One text that Outlook shows, in Swedish (the manifest's default language) and in English."""

    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class Command:
    """A button on the ribbon of the organiser's appointment form that opens the task pane at `pane_path`.

    `id` is what administrators and logs of Outlook call the button; it never changes once published.
    """

    id: str
    group_id: str
    label: Text
    tip: Text
    pane_path: str


@dataclass(frozen=True, slots=True)
class AddIn:
    """The add-in as one organisation installs it.

    `id` is the identity under which Exchange also stores the item's custom properties (`cecp-<id>`), so test and
    production in one tenant need different ids. `mailbox_version` is the lowest requirement set that the add-in
    activates with: 1.5 is the highest that Exchange Server on premises accepts in a manifest.
    """

    id: UUID
    version: str
    provider: str
    name: Text
    description: Text
    mailbox_version: str
    permission: str
    command: Command


@dataclass(frozen=True, slots=True)
class WebApplication:
    """The Entra registration of our API, which `Office.auth.getAccessToken` asks a token for.

    `client_id` is the application's id; `scopes` are the delegated rights that an administrator consents to.
    """

    client_id: UUID
    scopes: tuple[str, ...] = ("openid", "profile")


SKYDDAT_VARDMOTE: Final = AddIn(
    id=UUID("94bb963d-814c-4816-b01c-8c90e5e964d4"),
    version="1.0.0",
    provider="Skyddat vårdmöte",
    name=Text(sv="Skyddat vårdmöte", en="Protected care meeting"),
    description=Text(
        sv="Bokar ett skyddat videomöte från kalendern, utan patientuppgifter.",
        en="Books a protected video meeting from the calendar, without patient data.",
    ),
    mailbox_version="1.5",
    permission="ReadWriteItem",
    command=Command(
        id="vardmote.organiser.open",
        group_id="vardmote.organiser",
        label=Text(sv="Skyddat vårdmöte", en="Protected care meeting"),
        tip=Text(
            sv="Välj mötestyp, skapa mötesrummet och kopiera länk eller text till den som ska bjudas in.",
            en="Choose a meeting type, create the room, and copy the link or text for the person you invite.",
        ),
        pane_path="/pane/",
    ),
)
