"""What is published stays as it was; what has faults is not published."""

import subprocess
from pathlib import Path

import pytest

from templates_messages.checks import check_catalogue
from templates_messages.fingerprints import fingerprint
from templates_messages.publishing import PublishRefused, publish
from tests.unit.templates_messages.shelf import GOOD_BODY, put

LIST = "published.sha256"


def test_publishing_lists_each_new_version_once(shelf: Path) -> None:
    assert "care/1.sv.md" in publish(shelf)
    assert publish(shelf) == []
    put(shelf, "care/2.sv.md")
    before = (shelf / LIST).read_text(encoding="utf-8")
    assert publish(shelf) == ["care/2.sv.md"]
    assert (shelf / LIST).read_text(encoding="utf-8").startswith(before)


def test_a_fault_anywhere_publishes_nothing(shelf: Path) -> None:
    put(shelf, "care/1.sv.md", GOOD_BODY + "\n\nKlicka här.")
    with pytest.raises(PublishRefused) as refusal:
        publish(shelf)
    assert [finding.code for finding in refusal.value.findings] == ["vague-link"]
    assert not (shelf / LIST).exists()


def test_personal_data_is_not_published(shelf: Path) -> None:
    with pytest.raises(PublishRefused):
        publish(shelf, lambda words: "välkommen" in words)


def test_the_list_can_be_verified_without_us(shelf: Path) -> None:
    publish(shelf)
    assert subprocess.run(["sha256sum", "--check", "--quiet", LIST], cwd=shelf, check=False).returncode == 0
    put(shelf, "care/1.sv.md", GOOD_BODY + ".")
    assert subprocess.run(["sha256sum", "--check", "--status", LIST], cwd=shelf, check=False).returncode == 1


def test_windows_line_ends_do_not_change_a_published_text(shelf: Path) -> None:
    publish(shelf)
    path = shelf / "care/1.sv.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check_catalogue(shelf) == []


def test_a_start_reads_no_published_text_again_and_finds_what_was_changed_added_or_taken_away(
    shelf: Path,
) -> None:
    published = publish(shelf)

    def found(personal_data: str = "välkommen") -> list[tuple[str, str]]:
        findings = check_catalogue(shelf, lambda words: personal_data in words, trusts_published=True)
        return [(finding.file, finding.code) for finding in findings]

    assert not found()
    put(shelf, "care/2.sv.md")
    assert found() == [("care/2.sv.md", "personal-data")]
    put(shelf, "care/1.sv.md", GOOD_BODY + ".")
    assert ("care/1.sv.md", "published-changed") in found()
    for file in published:
        (shelf / file).unlink()
    assert {(file, "published-missing") for file in published} <= set(found())


def test_a_fingerprint_changes_with_any_character() -> None:
    assert fingerprint("a\n") != fingerprint("a\n\n")
