"""What an organisation writes openly and nobody needs to be asked about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

REGION: Final = "SE"


@dataclass(frozen=True, slots=True)
class AllowList:
    """An organisation's open addresses and numbers, written in any usual way.

    `mail_domains` count with all below them. `mail_addresses` are function mailboxes at a consumer provider.
    `telephone_numbers` are switchboards and support, Swedish unless they begin with + and a country code. Raises
    ValueError for one that is no telephone number, so that a slip in the settings is seen at the start.
    """

    mail_domains: frozenset[str] = field(default_factory=frozenset)
    mail_addresses: frozenset[str] = field(default_factory=frozenset)
    telephone_numbers: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Bring all to the one form in which they are compared."""
        domains = frozenset(name.lower().removeprefix("@") for name in self.mail_domains)
        object.__setattr__(self, "mail_domains", domains)
        object.__setattr__(self, "mail_addresses", frozenset(one.lower() for one in self.mail_addresses))
        object.__setattr__(self, "telephone_numbers", _international(self.telephone_numbers))

    def allows_mail(self, local_part: str, domain: str) -> bool:
        """Say whether an address, in lower case, is open."""
        return f"{local_part}@{domain}" in self.mail_addresses or lies_in(domain, self.mail_domains)


def lies_in(domain: str, domains: frozenset[str]) -> bool:
    """Say whether `domain` is one of `domains` or lies below one."""
    labels = domain.split(".")
    return any(".".join(labels[first:]) in domains for first in range(len(labels)))


def is_telephone_number(text: str) -> bool:
    """Say whether an allow-list takes `text` for a telephone number."""
    try:
        _international([text])
    except ValueError:
        return False
    return True


def _international(numbers: Iterable[str]) -> frozenset[str]:
    try:
        return frozenset(international(phonenumbers.parse(number, REGION)) for number in numbers)
    except phonenumbers.NumberParseException as refusal:
        raise ValueError("an allowed telephone number is no telephone number") from refusal


def international(number: phonenumbers.PhoneNumber) -> str:
    """Return a number as E.164: +46 and what follows the 0."""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
