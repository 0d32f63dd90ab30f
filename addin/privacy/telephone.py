"""Finds telephone numbers with libphonenumber's matcher; what other rules claimed is never one."""

from collections.abc import Iterable, Iterator
from typing import Final

import phonenumbers

from addin.privacy.allow import REGION, AllowList, international
from addin.privacy.context import context_of
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import NumberRules

MASK: Final = "|"
NATIONAL_OR_INTERNATIONAL: Final = ("0", "+", "(0", "(+")


def telephones(
    text: str, taken: Iterable[tuple[int, int]], rules: NumberRules, allow: AllowList
) -> Iterator[Claim]:
    """Claim the telephone numbers of a folded text outside the stretches in `taken`."""
    masked = list(text)
    for start, end in [*taken, *(match.span() for match in rules.moments.finditer(text))]:
        masked[start:end] = MASK * (end - start)
    matcher = phonenumbers.PhoneNumberMatcher(
        "".join(masked), REGION, leniency=phonenumbers.Leniency.VALID, max_tries=max(1, len(text))
    )
    for match in matcher:
        # Without a leading 0 or + the digits are a meeting id or an organisation number before they are a telephone.
        if not match.raw_string.startswith(NATIONAL_OR_INTERNATIONAL):
            continue
        if international(match.number) in allow.telephone_numbers:
            continue
        context = context_of(text, match.start, match.end, rules)
        if context.room or not context.other_number:
            yield Claim(Kind.TELEPHONE, Tier.CONFIRM, match.start, match.end)
