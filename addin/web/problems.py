"""The one table from failure to answer: status, code, Swedish sentence and whether a repeat may help (RFC 9457).

A sentence says what happened, what was not written, and what to do. Codes are for programs and never change;
`docs/errors.md` lists them, and a test holds the two equal. A failure that is not in the table is ours, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from addin.meetings import errors
from addin.meetings.model import Attention, CalendarNote
from addin.web.staff.auth import errors as identity

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of failure is answered."""

    status: int
    code: str
    title: str
    retryable: bool = False


class RequestProblem(Exception):
    """A failure of the HTTP request itself, before any use case was called.

    `fields` are the refused fields with a code-like English reason each; never a value.
    """

    def __init__(self, problem: Problem, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.fields = fields


MALFORMED_JSON: Final = Problem(
    400, "malformed-json", "Anropet gick inte att läsa. Inget har ändrats. Stäng panelen och öppna den igen."
)
INVALID_REQUEST: Final = Problem(
    422,
    "invalid-request",
    "En uppgift saknas eller har fel form. Inget har ändrats. Kontrollera valen och försök igen.",
)
BODY_TOO_LARGE: Final = Problem(
    413, "body-too-large", "Anropet är större än 64 kB. Inget har ändrats. Korta texten och försök igen."
)
PRECONDITION_REQUIRED: Final = Problem(
    428,
    "precondition-required",
    "Anropet säger inte vilken version av mötet det gäller. Inget har ändrats. Öppna panelen igen.",
)
REVISION_REQUIRED: Final = Problem(
    428,
    "revision-required",
    "Anropet gäller mötet hur det än är just nu, och kan skriva över någon annans ändring. Inget har ändrats. Öppna "
    "panelen igen och gör ändringen där.",
)
NOT_FOUND: Final = Problem(404, "not-found", "Adressen finns inte. Inget har ändrats.")
METHOD_NOT_ALLOWED: Final = Problem(
    405, "method-not-allowed", "Adressen kan inte användas så. Inget har ändrats."
)
NOT_JSON: Final = Problem(415, "not-json", "Anropet är inte JSON. Inget har ändrats.")
BAD_REQUEST: Final = Problem(400, "bad-request", "Anropet gick inte att läsa. Inget har ändrats.")
MEETING_UNREADABLE: Final = Problem(
    500,
    "meeting-unreadable",
    "Mötet finns, men tjänsten kan inte läsa uppgifterna om det. Inget har ändrats. Kontakta supporten.",
)
UNEXPECTED: Final = Problem(
    500,
    "unexpected",
    "Något gick fel hos oss. Mötet kan ha sparats; öppna panelen igen och titta efter innan du försöker på nytt.",
    retryable=True,
)

PROBLEMS: Final[Mapping[type[Exception], Problem]] = {
    errors.TimeMalformed: Problem(
        422, "time-malformed", "Tiden går inte att läsa. Inget har ändrats. Ange tiden igen."
    ),
    errors.TimeWithoutOffset: Problem(
        422, "time-without-offset", "Tiden saknar tidsförskjutning. Inget har ändrats. Ange tiden igen."
    ),
    errors.TimeInPast: Problem(
        422,
        "time-in-past",
        "Mötets tid har redan varit. Inget möte har skapats eller flyttats. Välj en kommande tid.",
    ),
    errors.TimeTooFar: Problem(
        422, "time-too-far", "Mötet ligger mer än tio år bort. Inget har ändrats. Rätta datumet i bokningen."
    ),
    errors.TimeReversed: Problem(
        422,
        "time-reversed",
        "Mötet slutar när det börjar, eller före. Inget har ändrats. Rätta tiden i bokningen.",
    ),
    errors.MeetingTooLong: Problem(
        422, "meeting-too-long", "Mötet är längre än ett dygn. Inget har ändrats. Korta tiden i bokningen."
    ),
    errors.TimeDoesNotExist: Problem(
        422,
        "time-does-not-exist",
        "Klockslaget finns inte den dagen, eftersom klockan ställs om. Inget har ändrats. Välj en annan tid.",
    ),
    errors.TimeZoneUnknown: Problem(
        422, "time-zone-unknown", "Tidszonen är okänd. Inget har ändrats. Kontrollera tidszonen i Outlook."
    ),
    errors.TimeZoneMismatch: Problem(
        422,
        "time-zone-mismatch",
        "Tiden och tidszonen stämmer inte överens. Inget har ändrats. Ange tiden igen.",
    ),
    errors.UnknownMeetingType: Problem(
        422,
        "unknown-meeting-type",
        "Mötestypen finns inte. Inget har ändrats. Öppna panelen igen och välj en mötestyp.",
    ),
    errors.UnknownVariant: Problem(
        422, "unknown-variant", "Mötestypen har ingen sådan variant. Inget har ändrats. Välj variant igen."
    ),
    errors.UnknownUnit: Problem(
        422, "unknown-unit", "Enheten finns inte. Inget har ändrats. Välj enhet igen."
    ),
    errors.UnknownAudience: Problem(
        422,
        "unknown-audience",
        "Mötestypen har inga texter för den mottagaren. Inget har ändrats. Välj en annan.",
    ),
    errors.TextMissing: Problem(404, "text-missing", "Texten finns inte på det språket. Välj svenska."),
    errors.MailboxNotAllowed: Problem(
        422,
        "mailbox-not-allowed",
        "Brevlådan hör inte till en organisation som tjänsten är öppen för. Inget möte har skapats. "
        "Boka från din egen kalender.",
    ),
    errors.IdempotencyKeyMissing: Problem(
        400,
        "idempotency-key-missing",
        "Anropet saknar en giltig nyckel mot dubbelbokning. Inget möte har skapats. Öppna panelen igen.",
    ),
    errors.IdempotencyKeyReused: Problem(
        422,
        "idempotency-key-reused",
        "Samma nyckel har använts för en annan bokning. Inget nytt möte har skapats. Öppna panelen igen.",
    ),
    errors.MeetingNotFound: Problem(
        404,
        "meeting-not-found",
        "Mötet finns inte, eller är någon annans. Inget har ändrats. Fråga den som bokade, eller skapa ett nytt möte.",
    ),
    errors.MeetingChanged: Problem(
        412,
        "meeting-changed",
        "Mötet har ändrats sedan du öppnade det. Din ändring är inte gjord. Öppna panelen igen och försök på nytt.",
    ),
    errors.MeetingIsCancelled: Problem(
        409,
        "meeting-is-cancelled",
        "Mötet är borttaget och kan inte ändras. Inget har ändrats. Skapa ett nytt möte.",
    ),
    errors.MeetingNotReady: Problem(
        409,
        "meeting-not-ready",
        "Rummet är inte klart än, så det finns ingen länk att dela. Vänta en stund och försök igen.",
        retryable=True,
    ),
    errors.MeetingHasBegun: Problem(
        409,
        "meeting-has-begun",
        "Mötet har börjat, så länken kan inte bytas nu. Inget har ändrats. Kontrollera vilka som väntar i lobbyn "
        "innan du släpper in dem.",
    ),
    errors.NoNextOccurrence: Problem(
        409,
        "no-next-occurrence",
        "Det finns inget senare tillfälle med samma länk. Inget har ändrats. Byt länk genast, eller skapa ett nytt "
        "möte.",
    ),
    errors.SeriesHasGoneOn: Problem(
        409,
        "series-has-gone-on",
        "Seriens första tillfälle är över, så länken gäller även de följande. Inget har ändrats. Skapa ett nytt möte "
        "i det tillfälle som ska ha en egen länk.",
    ),
    errors.NoCopyAsked: Problem(
        409,
        "no-copy-asked",
        "Ingen kopia väntar på svar; den kan vara borttagen. Inget har ändrats. Öppna panelen igen.",
    ),
    errors.CopiesNotWritable: Problem(
        409,
        "copies-not-writable",
        "Tjänsten får inte ändra i kalendern. Kopian är som den var. Öppna kopian med Skyddat vårdmöte och ge den "
        "ett eget möte, eller ta bort länken ur den.",
    ),
    errors.NotAllowedToStart: Problem(
        403,
        "not-allowed-to-start",
        "Du är inte värd för mötet. Mötet har inte startats. Ta över som värd, eller be en värd att starta det.",
    ),
    errors.UnknownKey: MEETING_UNREADABLE,
    errors.SealBroken: MEETING_UNREADABLE,
    errors.LedgerUnavailable: Problem(
        503,
        "ledger-unavailable",
        "Tjänsten kan inte spara just nu. Försök igen om en stund; du får aldrig dubbla möten av det.",
        retryable=True,
    ),
    identity.TokenMissing: Problem(
        401, "token-missing", "Du är inte inloggad. Inget har ändrats. Stäng panelen och öppna den igen."
    ),
    identity.TokenExpired: Problem(
        401, "token-expired", "Inloggningen har gått ut. Inget har ändrats. Försök igen.", retryable=True
    ),
    identity.TokenInvalid: Problem(
        401, "token-invalid", "Inloggningen godtas inte. Inget har ändrats. Stäng panelen och öppna den igen."
    ),
    identity.NotStaff: Problem(
        403,
        "not-staff",
        "Tjänsten är bara för medarbetare i organisationen. Inget har ändrats. Logga in med ditt eget konto.",
    ),
    identity.IdentityUnavailable: Problem(
        503,
        "identity-unavailable",
        "Inloggningen kan inte kontrolleras just nu. Inget har ändrats. Försök igen om en stund.",
        retryable=True,
    ),
    errors.NotSupported: Problem(
        422,
        "protection-not-supported",
        "Videotjänsten kan inte ge mötestypen det skydd den ska ha. Inget möte har skapats. Välj en annan mötestyp.",
    ),
}

ATTENTION: Final[Mapping[Attention, str]] = {
    Attention.AUTHENTICATION_FAILED: "Videotjänsten släpper inte in oss. Rummet är inte klart. "
    "Kontakta supporten; mötet blir klart av sig självt när felet är rättat.",
    Attention.PERMISSION_DENIED: "Videotjänsten låter oss inte skapa rummet. Rummet är inte klart. Kontakta supporten.",
    Attention.REQUEST_REFUSED: "Videotjänsten godtar inte rummet. Rummet är inte klart. Kontakta supporten, "
    "eller ta bort mötet och skapa det igen.",
    Attention.CAPACITY_EXCEEDED: "Videotjänsten har inga lediga rum. Rummet är inte klart. "
    "Tjänsten försöker igen; kontakta supporten om mötet börjar snart.",
    Attention.FOREIGN_ROOM: "Ett annat rum har redan det namnet, och det rör vi inte. Rummet är inte klart. "
    "Ta bort mötet och skapa det igen.",
    Attention.PROTECTION_NOT_APPLIED: "Rummet fick inte det skydd som mötestypen kräver. Ingen släpps in förrän det är "
    "rättat. Tjänsten försöker igen; kontakta supporten om mötet börjar snart.",
    Attention.PROVIDER_UNREACHABLE: "Videotjänsten svarar inte. Rummet är inte klart än. Tjänsten försöker igen av sig "
    "själv. Spara bokningen och öppna Skyddat vårdmöte i den om en stund, så skrivs länken in.",
    Attention.PROVIDER_MISSING: "Mötestypens videotjänst saknas i inställningarna. Rummet är inte klart. "
    "Kontakta supporten.",
}

_NOT_REMOVED_YET: Final = (
    "Mötet är inställt, och sidan bakom länken säger det. Videotjänsten svarar inte, så rummet finns kvar där än. "
    "Tjänsten försöker igen av sig själv."
)
_NOT_REMOVABLE: Final = (
    "Mötet är inställt, och sidan bakom länken säger det. Videotjänsten låter oss inte ta bort rummet. Kontakta "
    "supporten; rummet försvinner av sig självt när felet är rättat."
)

CALENDAR_NOTES: Final[Mapping[CalendarNote, str]] = {
    CalendarNote.FROZEN: "Kalendern går inte att läsa just nu. Mötet är kvar som det är. Flyttar du bokningen i "
    "Outlook, öppna sedan Skyddat vårdmöte i den, så kan du flytta mötet dit.",
    CalendarNote.CALENDAR_DENIED: "Tjänsten får inte läsa kalendern, så mötet följer inte med bokningen. Mötet är kvar "
    "som det är. Flyttar du bokningen i Outlook, öppna sedan Skyddat vårdmöte i den, så kan du flytta mötet dit. "
    "Kontakta supporten.",
    CalendarNote.MAILBOX_LOST: "Brevlådan finns inte där den var. Den kan vara på väg till ett annat system. Mötet är "
    "kvar som det är. Flyttar du bokningen i Outlook, öppna sedan Skyddat vårdmöte i den, så kan du flytta mötet dit.",
    CalendarNote.ITEM_AWAITED: "Brevlådan har flyttats till ett annat system, och bokningen har inte hittats där än. "
    "Mötet är kvar som det är. Ser du bokningen i Outlook, öppna Skyddat vårdmöte i den, så letar tjänsten igen. "
    "Finns den inte kvar, boka ett nytt möte.",
    # One time that was taken out of a series lies in no folder, and neither does what was deleted for good.
    CalendarNote.PERHAPS_CANCELLED: "Bokningen, eller tillfället i serien, finns inte kvar i kalendern. Kommer den "
    "inte tillbaka inom kort ställs mötet in. Ska mötet bli av, återställ bokningen om den finns i Borttaget i "
    "Outlook. Boka annars ett nytt möte.",
    CalendarNote.TIME_UNUSABLE: "Bokningens tid har redan varit, är längre än ett dygn eller slutar när den "
    "börjar. Mötet har kvar sin tid. Rätta tiden i bokningen.",
    CalendarNote.COPY_ASKED: "Bokningen har kopierats, och kopian har deltagare. Två bokningar kan inte dela rum. "
    "Välj vad kopian ska få.",
    CalendarNote.COPY_UNWRITABLE: "Bokningen har kopierats, och vi får inte ändra i kopian. Två bokningar kan inte "
    "dela rum. Öppna kopian i Outlook och välj Skyddat vårdmöte i den.",
    CalendarNote.SERIES: "Bokningen är en serie. Här visas det tillfälle som pågår eller kommer härnäst.",
    CalendarNote.SERIES_ASKED: "Bokningen har blivit en serie. Välj om länken ska gälla alla tillfällen; det ska den "
    "bara om samma personer är med varje gång.",
    CalendarNote.OCCURRENCE_CANCELLED: "Ett tillfälle är inställt. Sidan bakom länken säger det, och när nästa är.",
    CalendarNote.LINK_COMING: "Länken byts efter det tillfälle som pågår eller kommer härnäst. Till dess gäller den "
    "gamla.",
    CalendarNote.BLOCK_OLD: "I bokningen står inte den länk som gäller. Öppna bokningen i Outlook och välj "
    "Skyddat vårdmöte, så skrivs den in.",
    CalendarNote.ITEM_TAKEN: "Någon har skapat ett annat möte i bokningen, och i den står nu det mötets länk. Det här "
    "mötet finns kvar. Den som har den här länken och den som har den nya kommer till olika rum. Ska det nya mötet "
    "gälla, ta bort det här och lämna besked till dem som har länken. Ska det här gälla, ta bort det nya.",
    CalendarNote.EARLIER_MEETING: "Bokningen hade redan ett möte när det här skapades. Det finns kvar, med en annan "
    "länk och ett annat rum. Den som har den länken kommer inte hit. Stäm av med den som bokade det mötet, eller ta "
    "bort det här.",
    CalendarNote.ENDED_WITH_ITEM: "Mötet ställdes in för att bokningen, eller tillfället i serien, inte fanns i "
    "kalendern. Återställ bokningen om den finns i Borttaget i Outlook, eller spara den om den inte är sparad. Då "
    "gäller samma länk igen. Boka annars ett nytt möte.",
}


def calendar_sentences(notes: Collection[CalendarNote]) -> list[tuple[CalendarNote, str]]:
    """Return the notes that people are told, in the order in which they are, each with its Swedish sentence.

    While the item is looked for where its mailbox went no grace period ends the meeting.
    """
    moot = {CalendarNote.PERHAPS_CANCELLED} if CalendarNote.ITEM_AWAITED in notes else set()
    return [(note, CALENDAR_NOTES[note]) for note in CalendarNote if note in notes and note not in moot]


def attention_sentence(reason: Attention, *, cancelled: bool) -> str:
    """Return why a person is needed, in Swedish: for a room to be made, or to be removed with a `cancelled` meeting."""
    if not cancelled:
        return ATTENTION[reason]
    return _NOT_REMOVED_YET if reason is Attention.PROVIDER_UNREACHABLE else _NOT_REMOVABLE


def problem_of(failure: Exception, table: Mapping[type[Exception], Problem] = PROBLEMS) -> Problem:
    """Return how the failure is answered: by its nearest named ancestor, or as our own fault."""
    return next((table[kind] for kind in type(failure).__mro__ if kind in table), UNEXPECTED)


def document(problem: Problem, request_id: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the problem as RFC 9457 wants it."""
    content: dict[str, Any] = {
        "type": f"urn:skyddat-vardmote:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "retryable": problem.retryable,
        "request_id": request_id,
    }
    if fields:
        content["errors"] = fields
    return content
