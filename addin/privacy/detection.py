"""The check itself: fold the text, let every rule make its claims, settle them, and give back places."""

from collections.abc import Iterator
from datetime import date

from addin.privacy.allow import AllowList
from addin.privacy.findings import Claim, Finding, settle
from addin.privacy.folding import Folded, fold
from addin.privacy.last_four import after_day_first, last_four
from addin.privacy.mail import private_mail
from addin.privacy.personal_numbers import personal_numbers
from addin.privacy.reserve_numbers import reserve_numbers
from addin.privacy.rules import Rules, rules
from addin.privacy.telephone import telephones


def find_personal_data(text: str, *, today: date, allow: AllowList) -> list[Finding]:
    """Find personal numbers, private mail addresses and telephone numbers in `text`, plain or HTML.

    `today` is the date where the organisation is; it decides which dates somebody can be born on and which are
    appointments. Findings come in the order of the text and do not overlap. The time is linear in the text's length.
    """
    known = rules()
    views = fold(text, known.folding)
    visible = _visible_claims(views.visible.text, today, allow, known)
    hidden = _hidden_claims(views.hidden.text, today, allow, known)
    found = [*_findings(visible, views.visible), *_findings(hidden, views.hidden)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _visible_claims(text: str, today: date, allow: AllowList, known: Rules) -> list[Claim]:
    links = [match.span() for match in known.links.finditer(text)]
    claims = [
        *personal_numbers(text, links, today, known.numbers),
        *last_four(text, today, known.last_four),
        *after_day_first(text, today, known.last_four),
        *reserve_numbers(text, today, known.numbers, known.reserves),
        *private_mail(text, known.mail, allow),
    ]
    taken = [*links, *((claim.start, claim.end) for claim in claims)]
    return settle([*claims, *telephones(text, taken, known, allow)], len(text))


def _hidden_claims(text: str, today: date, allow: AllowList, known: Rules) -> list[Claim]:
    """Claim only what is certain: attributes hold sizes, ids and colours, and all of them count as a link."""
    numbers = personal_numbers(text, [(0, len(text))], today, known.numbers)
    return settle([*numbers, *private_mail(text, known.mail, allow)], len(text))


def _findings(claims: list[Claim], folded: Folded) -> Iterator[Finding]:
    for claim in claims:
        yield Finding(claim.kind, claim.tier, folded.starts[claim.start], folded.ends[claim.end - 1])
