"""Publishing: after the checks, new versions go on the list and never change again (`vardmote texts publish`)."""

from pathlib import Path

from templates_messages.catalogue import read_texts
from templates_messages.checks import check_catalogue
from templates_messages.findings import Finding
from templates_messages.fingerprints import add_to_published
from templates_messages.text_checks import FindsPersonalData


class PublishRefused(ValueError):
    """The catalogue has findings; nothing was published."""

    def __init__(self, findings: list[Finding]) -> None:
        """`findings` are those of the whole catalogue, also of texts that are published already."""
        super().__init__(
            f"{len(findings)} findings; nothing is published until `vardmote texts check` finds none"
        )
        self.findings = findings


def publish(directory: Path, finds_personal_data: FindsPersonalData | None = None) -> list[str]:
    """Put every new version on the list and return their files. Raises PublishRefused when a check finds anything."""
    findings = check_catalogue(directory, finds_personal_data)
    if findings:
        raise PublishRefused(findings)
    new = [text.file for text in read_texts(directory) if not text.published]
    add_to_published(directory, new)
    return new
