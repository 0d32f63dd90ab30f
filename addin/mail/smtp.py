"""Hands mail to an SMTP server (RFC 5321) with the standard library; every failure is typed and names no address.

A mail whose answer was lost is handed over again with the same Message-ID, by which servers and people recognise it.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    MailAuthenticationFailed,
    MailError,
    MailNotProtected,
    MailOutcomeUnknown,
    MailRefused,
    MailUnavailable,
)
from addin.meetings.ports import Mail

log = logging.getLogger(__name__)

Security = Literal["starttls", "tls", "none"]

# Without these a telephone may show a mail as wide as a desk and tiny, a dark look keep the letters black, and Outlook
# take Times. What a mail says stands in its text; here is only how it looks.
_PAGE: Final = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head><body style="font: 1em/1.5 'Segoe UI', Roboto, sans-serif; max-width: 40em; overflow-wrap: anywhere">
{content}
</body></html>
"""

# Replies from here on are lasting refusals (RFC 5321, 4.2.1); those before them ask for another try.
_LASTING: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Which server, and how it is reached.

    `sender` is an address of the organisation, in the envelope and in From. `username` empty: no credentials.
    `security` is `none` only towards this machine. `timeout_seconds` bounds each answer of the server.
    """

    host: str
    port: int
    security: Security
    sender: str
    sender_name: str
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 10.0
    ca_bundle: str | None = None


class SmtpMailer:
    """Hands over one mail a connection: few are sent, and none waits for another."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, mail: Mail, deadline: Deadline) -> None:
        """Hand the mail over; done when one of the recipients was taken.

        Raises MailUnavailable, MailOutcomeUnknown, MailRefused, MailAuthenticationFailed, MailNotProtected.
        """
        try:
            message = self._message(mail)
        except (ValueError, HeaderParseError):
            raise MailRefused("not an address") from None
        with self._connected(deadline) as server:
            refused = self._handed_over(server, message, mail.to)
        for code, _ in refused.values():
            log.warning("recipient_refused", extra={"status": code})

    def _handed_over(
        self, server: smtplib.SMTP, message: EmailMessage, to: Sequence[str]
    ) -> Mapping[str, tuple[int, bytes]]:
        """Return the refused recipients; a connection that breaks now may have carried the whole mail."""
        try:
            return server.send_message(message, from_addr=self._settings.sender, to_addrs=list(to))
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
            raise  # A reply, or a mail that was never sent.
        except OSError as failure:
            raise MailOutcomeUnknown(type(failure).__name__) from None

    def check(self, deadline: Deadline) -> None:
        """Connect, protect and sign in, and send nothing. Raises as `send` does."""
        with self._connected(deadline) as server:
            server.noop()

    def _connected(self, deadline: Deadline) -> AbstractContextManager[smtplib.SMTP]:
        return _connected(self._settings, min(self._settings.timeout_seconds, deadline.remaining()))

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self._settings.sender_name, addr_spec=self._settings.sender)
        message["To"] = [Address(addr_spec=address) for address in mail.to]
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        # Our part of the id says which mail it is; the sender's domain makes it ours in the world.
        message["Message-ID"] = f"<{mail.key}@{self._settings.sender.rpartition('@')[2]}>"
        # No machine is to answer this one (RFC 3834, 2; Exchange reads its own header).
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        # Not every server takes eight bits.
        message.set_content(mail.plain, cte="quoted-printable")
        message.add_alternative(_page(mail.html), subtype="html", cte="quoted-printable")
        return message


@contextmanager
def _connected(settings: SmtpSettings, timeout: float) -> Iterator[smtplib.SMTP]:
    """One connection, protected and signed in; whatever fails on it leaves as one of our own errors."""
    if timeout <= 0:
        raise MailUnavailable("no time left")
    try:
        server = _opened(settings, timeout)
        try:
            _enter(server, settings)
            yield server
            # What was taken is taken, however the server says good-bye.
            with suppress(OSError):
                server.quit()
        finally:
            server.close()
    except OSError as failure:  # what smtplib and ssl raise is one, too
        raise _typed(failure) from None


def _opened(settings: SmtpSettings, timeout: float) -> smtplib.SMTP:
    if settings.security != "tls":
        return smtplib.SMTP(settings.host, settings.port, timeout=timeout)
    context = ssl.create_default_context(cafile=settings.ca_bundle)
    return smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=context)


def _enter(server: smtplib.SMTP, settings: SmtpSettings) -> None:
    if settings.security == "starttls":
        server.starttls(context=ssl.create_default_context(cafile=settings.ca_bundle))
    if settings.username:
        server.login(settings.username, settings.password)


def _typed(failure: OSError) -> MailError:
    """Return our own error for one of the library's; its words quote addresses and are left behind."""
    if isinstance(failure, smtplib.SMTPAuthenticationError):
        return MailAuthenticationFailed(f"{failure.smtp_code}")
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return _by_code(max((code for code, _ in failure.recipients.values()), default=_LASTING))
    if isinstance(failure, smtplib.SMTPResponseException):
        return _by_code(failure.smtp_code)
    if isinstance(failure, ssl.SSLError | smtplib.SMTPNotSupportedError):
        # The server's name or certificate is not the one we trust, or it offers no protection at all.
        return MailNotProtected(type(failure).__name__)
    return MailUnavailable(type(failure).__name__)


def _by_code(code: int) -> MailError:
    # 530 and 535 without an exception of their own: the server wants credentials first (RFC 4954, 6).
    if code in (530, 535):
        return MailAuthenticationFailed(f"{code}")
    return MailRefused(f"{code}") if code >= _LASTING else MailUnavailable(f"{code}")


def _page(content: str) -> str:
    return _PAGE.format(content=content)
