"""Finds mail addresses at consumer providers. An organisation's own address is nobody's private one."""

import re
from collections.abc import Iterator
from typing import Final

from addin.privacy.allow import AllowList, lies_in
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import MailRules

LONGEST_LOCAL_PART: Final = 64
LONGEST_DOMAIN: Final = 253
"""RFC 5321, section 4.5.3.1; they bound the search around each at sign."""

MOST_SPACES: Final = 2
GUEST: Final = "#ext#"
NOT_IN_A_LOCAL_PART: Final = frozenset(' <>()[],;:"@\\/|')
IN_A_DOMAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789åäöéü.-")


def private_mail(text: str, rules: MailRules, allow: AllowList) -> Iterator[Claim]:
    """Claim the private mail addresses of a folded text."""
    for at in rules.at.finditer(text):
        start, left = _local_part(text, at)
        right, end = _domain(text, at)
        local_part, domain = _at_home(text[start:left], text[right:end])
        if local_part and _is_private(domain, rules) and not allow.allows_mail(local_part, domain):
            yield Claim(Kind.PRIVATE_MAIL, Tier.BLOCK, start, end)


def _local_part(text: str, at: re.Match[str]) -> tuple[int, int]:
    end = at.start()
    while end > max(0, at.start() - MOST_SPACES) and text[end - 1] == " ":
        end -= 1
    start = end
    while start > max(0, end - LONGEST_LOCAL_PART) and text[start - 1] not in NOT_IN_A_LOCAL_PART:
        start -= 1
    while start < end and text[start] in ".-'":
        start += 1
    return start, end


def _domain(text: str, at: re.Match[str]) -> tuple[int, int]:
    start = at.end()
    while start < min(len(text), at.end() + MOST_SPACES) and text[start] == " ":
        start += 1
    end = start
    while end < min(len(text), start + LONGEST_DOMAIN) and text[end] in IN_A_DOMAIN:
        end += 1
    while end > start and text[end - 1] in ".-":
        end -= 1
    return start, end


def _at_home(local_part: str, domain: str) -> tuple[str, str]:
    """Return an address's two parts, of a guest in Entra those of the address at home.

    Such a guest is `anna_home.example#EXT#@tenant.onmicrosoft.com` (Entra External ID, "Properties of a B2B guest
    user").
    """
    if not local_part.endswith(GUEST):
        return local_part, domain
    name, underscore, home = local_part.removesuffix(GUEST).rpartition("_")
    return (name, home) if underscore else (local_part, domain)


def _is_private(domain: str, rules: MailRules) -> bool:
    name, _, ending = domain.partition(".")
    if name in rules.providers and (not ending or rules.provider_endings.fullmatch(ending)):
        return True
    return lies_in(domain, rules.domains)
