"""Everything about the texts that a machine can find wrong before a person reads them: `vardmote texts check`.

`text_checks.py` holds the rules for one text; here are those that need the whole shelf: what is published, the
languages of a text, and that every kind of meeting has its texts. Whether a text holds personal data is asked
of a function that the caller may hand in, since this package knows nothing of the detector.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from templates_messages.catalogue import (
    ANY_VARIANT,
    CHANGED,
    EVERY_KIND,
    CatalogueFault,
    Text,
    read_text,
    text_files,
)
from templates_messages.findings import Finding
from templates_messages.fingerprints import PUBLISHED, read_published
from templates_messages.text_checks import FindsPersonalData, check_text
from templates_messages.titles import TITLES, Titles, load_titles
from templates_messages.vocabulary import Audience, Channel, Language, Occasion


def check_catalogue(
    directory: Path, finds_personal_data: FindsPersonalData | None = None, *, trusts_published: bool = False
) -> list[Finding]:
    """Return every finding, by file and line; an empty list means that the texts may be published.

    With `trusts_published` the words of a published version that nobody has changed are not read again. That is for
    texts that came with the very version of these rules by which they were published.
    """
    findings: list[Finding] = []
    texts = _readable(directory, findings)
    for text in texts:
        if not (trusts_published and text.published):
            findings.extend(check_text(text, finds_personal_data))
    findings.extend(_published_files_missing(directory, texts, findings))
    findings.extend(_languages_differ(texts))
    try:
        findings.extend(_against_titles(texts, load_titles(directory)))
    except CatalogueFault as fault:
        findings.append(_finding_of(fault))
    return sorted(findings, key=lambda it: (it.file, it.line or 0, it.code, it.message))


def _readable(directory: Path, findings: list[Finding]) -> list[Text]:
    """Return the texts that can be read, and add a finding for each that cannot or may not be."""
    try:
        published = read_published(directory)
    except ValueError as fault:
        findings.append(Finding(PUBLISHED, None, "published-list", str(fault)))
        published = {}
    texts: list[Text] = []
    for path in text_files(directory):
        try:
            text = read_text(path, published)
        except CatalogueFault as fault:
            findings.append(_finding_of(fault))
            continue
        texts.append(text)
        if text.file in published and not text.published:
            findings.append(Finding(text.file, None, "published-changed", CHANGED))
    return texts


def _finding_of(fault: CatalogueFault) -> Finding:
    return Finding(fault.file, fault.line, fault.code, fault.message)


def _published_files_missing(
    directory: Path, texts: Iterable[Text], known: Iterable[Finding]
) -> Iterator[Finding]:
    """A published version that is gone; one that cannot be read has a finding of its own already."""
    if any(finding.code == "published-list" for finding in known):
        return
    there = {text.file for text in texts} | {finding.file for finding in known}
    for file in sorted(read_published(directory).keys() - there):
        message = "this version is published but the file is gone; restore it, old meetings may still show it"
        yield Finding(file, None, "published-missing", message)


def _languages_differ(texts: Iterable[Text]) -> Iterator[Finding]:
    """Another language says what the Swedish says, and exists only beside it."""
    swedish = {(text.id, text.version): text for text in texts if text.language is Language.SWEDISH}
    for text in texts:
        original = swedish.get((text.id, text.version))
        if original is None:
            message = "there is no Swedish text of this version, which others fall back to; write it"
            yield Finding(text.file, None, "language-without-swedish", message)
        elif set(original.placeholders) != set(text.placeholders):
            differing = ", ".join(sorted(set(original.placeholders) ^ set(text.placeholders)))
            message = f"does not tell the same as the Swedish text: {differing}; use the same placeholders"
            yield Finding(text.file, None, "languages-differ", message)


_OCCASIONS_WANTED: Final = (Occasion.INVITATION, Occasion.RESCHEDULED, Occasion.CANCELLED)


def _against_titles(texts: list[Text], titles: Titles) -> Iterator[Finding]:
    """Every kind of meeting has its texts, one for each occasion and channel, and no text serves an unknown kind."""
    kinds = {f"{meeting_type}/{variant}" for meeting_type, variant in titles.by_kind}
    kinds |= {f"{meeting_type}/{ANY_VARIANT}" for meeting_type in titles.audiences} | {EVERY_KIND}
    for text in texts:
        for kind in sorted(set(text.serves) - kinds):
            yield Finding(
                text.file, None, "serves-unknown", f"serves {kind}, which {TITLES} does not name; correct it"
            )
    for meeting_type, variant in titles.by_kind:
        wanted = [(Audience.CALENDAR, Occasion.INVITATION)]
        wanted += [
            (who, occasion) for who in titles.audiences[meeting_type] for occasion in _OCCASIONS_WANTED
        ]
        for audience, occasion in wanted:
            ids = _ids_for(texts, meeting_type, variant, audience, occasion)
            yield from _none_or_too_many(f"{meeting_type}/{variant}", audience, occasion, ids)


def _ids_for(
    texts: Iterable[Text], meeting_type: str, variant: str, audience: Audience, occasion: Occasion
) -> dict[Channel, set[str]]:
    by_channel: dict[Channel, set[str]] = {}
    for text in texts:
        if (text.audience, text.occasion) == (audience, occasion) and text.serves_meeting(
            meeting_type, variant
        ):
            by_channel.setdefault(text.channel, set()).add(text.id)
    return by_channel


def _none_or_too_many(
    kind: str, audience: Audience, occasion: Occasion, ids: dict[Channel, set[str]]
) -> Iterator[Finding]:
    if not ids:
        message = f"{kind} has no text for {audience}, {occasion}; write one or let another serve it"
        yield Finding(TITLES, None, "text-missing", message)
    for channel, several in ids.items():
        if len(several) > 1:
            message = f"{kind} has several texts for {audience}, {occasion}, {channel}: {', '.join(sorted(several))}"
            yield Finding(TITLES, None, "texts-compete", f"{message}; let one of them serve it")
