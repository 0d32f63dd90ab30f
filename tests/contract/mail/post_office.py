"""A real SMTP server (aiosmtpd) that takes what it is told to take, with a certificate of its own."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USERNAME, PASSWORD = "vardmote", "invented"


class _OnAnyPort(Controller):
    """Listens where there is room, which aiosmtpd itself then looks for at the port that it was told."""

    port: int

    def _trigger_server(self) -> None:
        self.port = cast("Any", self.server).sockets[0].getsockname()[1]
        cast("Any", super())._trigger_server()


class PostOffice:
    """Keeps the mails that it took; `answers` says otherwise for a step: `RCPT` or `DATA`."""

    def __init__(self, folder: Path, *, protected: bool = True) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.certificate = folder / "mail.pem"
        self._controller = _OnAnyPort(
            self,
            hostname=HOST,
            port=0,
            ready_timeout=60,
            tls_context=_context(self.certificate) if protected else None,
            authenticator=_authenticate,
            auth_required=protected,
        )

    def start(self) -> None:
        """Begin to listen."""
        self._controller.start()

    def stop(self) -> None:
        """Hang up."""
        self._controller.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._controller.port

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _: object, __: object, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: object, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.answers.get("DATA") == "hang up":
            self._keep(envelope)
            server.transport.close()
        elif "DATA" in self.answers:
            return self.answers["DATA"]
        else:
            self._keep(envelope)
        return "250 OK"

    def _keep(self, envelope: Envelope) -> None:
        content = cast("bytes", envelope.content)
        self.envelopes.append(envelope)
        self.mails.append(message_from_bytes(content, policy=policy.default))


def _authenticate(_: object, __: object, ___: object, ____: object, login: Any) -> AuthResult:
    right = (login.login, login.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def _context(certificate: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.region.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret = certificate.with_suffix(".key")
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, secret)
    return context
