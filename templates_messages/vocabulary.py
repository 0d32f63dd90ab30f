"""The fixed sets that a text's front matter chooses from: audiences, channels, occasions, languages.

Meeting types and variants are not here: they are data, named in `texts/titles.toml`.
"""

from enum import StrEnum


class Audience(StrEnum):
    """Who reads the text; decides which placeholders it may carry (`placeholders.ALLOWED`)."""

    CALENDAR = "calendar"
    """Everybody who sees the calendar item: organiser, colleagues, external professionals, interpreters."""
    PATIENT = "patient"
    STAFF = "staff"
    EXTERNAL = "external"
    INTERPRETER = "interpreter"


class Channel(StrEnum):
    """Where the text is pasted, which decides how long it may be and how a link must stand."""

    OUTLOOK = "outlook"
    INBOX_1177 = "1177"
    RECORD = "record"
    PRATOR = "prator"
    """The service between region and municipality: read by others than our own staff."""
    MAIL = "mail"
    """Sent by the service to staff, unencrypted once it has left: nothing in it lets anybody in."""


class Occasion(StrEnum):
    """What has happened to the meeting; the order here is the order in which texts are offered."""

    INVITATION = "invitation"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    OCCURRENCE_CANCELLED = "occurrence_cancelled"
    """One time of a series is off, and its link goes on leading to the others."""
    INSERT = "insert"
    NOTICE = "notice"
    """Not offered to be copied: the service tells staff that something happened outside the pane."""


class Language(StrEnum):
    """Languages that we have date words for (`times.TIME_WORDS`); Swedish is what the others fall back to."""

    SWEDISH = "sv"
    ENGLISH = "en"
