"""The region's mail server, a real one (SMTP), and the inbox that shows what it took. Nothing leaves this machine."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from babel.dates import format_datetime
from flask import Blueprint, Response, jsonify, render_template, request

from addin.sandbox import people

ADDRESS: Final = "127.0.0.1"
KEPT: Final = 500
# Five are the default, which a machine with much else to do may take.
START_SECONDS: Final = 30.0
_ZONE: Final = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True)
class Mail:
    """One mail as it was taken; `to` are the envelope's recipients."""

    number: int
    sender: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    sent: str
    plain: str

    @property
    def when(self) -> str:
        """Return when it was sent as people here write it: `26 november 2026 kl. 14.45`."""
        try:
            sent = parsedate_to_datetime(self.sent)
        except ValueError:
            return self.sent
        return format_datetime(sent, "d MMMM y 'kl.' HH.mm", tzinfo=_ZONE, locale="sv")


class Inbox:
    """Keeps the last mails in memory, and shows them: `/sandbox/mail` for tests, `/mail` for people."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._last = 0

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("mail", __name__, template_folder="templates")
        routes.add_url_rule("/sandbox/mail", view_func=self.lever, methods=["GET", "DELETE"])
        routes.add_url_rule("/mail", view_func=self.page, methods=["GET"])
        return routes

    def begin_anew(self) -> None:
        """Forget every mail."""
        with self._changing:
            self._mails.clear()

    def lever(self) -> Response:
        """Return the mails to `to` (all without), newest first; DELETE forgets all."""
        if request.method == "DELETE":
            self.begin_anew()
        return jsonify(mails=[asdict(mail) for mail in self._to(request.args.get("to", ""))])

    def page(self) -> str:
        """Show one mailbox's mails, or all."""
        address = request.args.get("to", "")
        boxes = [(box.address, box.name) for box in people.MAILBOXES]
        return render_template("inbox.html", mails=self._to(address), boxes=boxes, address=address)

    def _to(self, address: str) -> list[Mail]:
        with self._changing:
            kept = list(self._mails)
        return [mail for mail in reversed(kept) if not address or address in mail.to]

    # What aiosmtpd calls; the name is its own.
    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        body = message.get_body(("plain",))
        with self._changing:
            self._last += 1
            mail = Mail(
                number=self._last,
                sender=str(message["From"] or envelope.mail_from or ""),
                to=tuple(address.lower() for address in envelope.rcpt_tos),
                subject=str(message["Subject"] or ""),
                message_id=str(message["Message-ID"] or ""),
                sent=str(message["Date"] or ""),
                plain=str(body.get_content()) if body else "",
            )
            self._mails.append(mail)
        return "250 OK"


def start_mail_server(inbox: Inbox, port: int) -> Controller:
    """Take mail on a loopback port, in a thread of its own; raises OSError when the port is taken."""
    controller = Controller(inbox, hostname=ADDRESS, port=port, ready_timeout=START_SECONDS)
    controller.start()
    return controller
