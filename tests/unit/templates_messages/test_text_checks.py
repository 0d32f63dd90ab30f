"""Each check of the texts is red for the fault that it exists for, and says where and what to do."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from templates_messages.checks import check_catalogue
from templates_messages.findings import Finding
from templates_messages.fingerprints import add_to_published
from templates_messages.placeholders import TIMES
from templates_messages.publishing import publish
from templates_messages.text_checks import said_in_html
from tests.unit.templates_messages.shelf import CALENDAR_BODY, FRONT, GOOD_BODY, TITLES, put

FILE = "care/1.sv.md"
BODY_STARTS_AT = 16


def codes(directory: Path) -> list[str]:
    return [finding.code for finding in check_catalogue(directory)]


def only_finding(directory: Path) -> Finding:
    [finding] = check_catalogue(directory)
    return finding


def test_a_catalogue_without_faults_has_no_findings(shelf: Path) -> None:
    assert check_catalogue(shelf) == []


@pytest.mark.parametrize(
    "key",
    ["id", "version", *FRONT],
)
def test_each_key_of_the_front_matter_must_be_there(shelf: Path, key: str) -> None:
    put(shelf, FILE, **{key: None})
    finding = next(it for it in check_catalogue(shelf) if it.file == FILE)
    assert (finding.code, finding.message.partition(":")[0]) == ("front-matter", key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("audience", "everybody"),
        ("channel", "fax"),
        ("occasion", "party"),
        ("valid_from", "in spring"),
        ("version", "0"),
        ("serves", "[]"),
        ("reviewed_by", "Någon"),
    ],
)
def test_a_key_with_an_unknown_name_or_value_is_told_with_its_line(shelf: Path, key: str, value: str) -> None:
    put(shelf, FILE, **{key: value})
    finding = next(it for it in check_catalogue(shelf) if it.file == FILE)
    lines = (shelf / FILE).read_text(encoding="utf-8").splitlines()
    assert finding.code == "front-matter"
    assert finding.line is not None
    assert lines[finding.line - 1].startswith(f"{key}:")


def test_front_matter_that_is_not_yaml_is_told_with_its_line(shelf: Path) -> None:
    put(shelf, FILE, title="Vårdmöte: med kolon")
    finding = next(it for it in check_catalogue(shelf) if it.file == FILE)
    assert finding.code == "front-matter"
    assert finding.line is not None
    assert "med kolon" in (shelf / FILE).read_text(encoding="utf-8").splitlines()[finding.line - 1]


def test_a_language_without_date_words_is_refused(shelf: Path) -> None:
    put(shelf, "care/1.tlh.md")
    finding = only_finding(shelf)
    assert (finding.file, finding.code) == ("care/1.tlh.md", "front-matter")
    assert finding.message.startswith("language")


@pytest.mark.parametrize("front", [{"id": "other"}, {"version": "2"}, {"language": "en"}])
def test_front_matter_and_path_must_agree(shelf: Path, front: dict[str, str]) -> None:
    put(shelf, FILE, **front)
    assert "file-name" in codes(shelf)


def test_a_file_that_is_not_named_by_version_and_language_is_refused(shelf: Path) -> None:
    (shelf / FILE).rename(shelf / "care" / "final.md")
    assert "file-name" in codes(shelf)


@pytest.mark.parametrize("role", ["author", "owner"])
def test_nobody_reviews_their_own_text(shelf: Path, role: str) -> None:
    put(shelf, FILE, **{role: "granskaren"})
    assert only_finding(shelf).code == "reviewer-not-another"


def test_a_placeholder_that_does_not_exist_is_told_with_its_line(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY.replace("{{ enhet }}", "{{ enhet }} {{ namn }}"))
    finding = only_finding(shelf)
    assert (finding.code, finding.line) == ("placeholder-unknown", BODY_STARTS_AT + 3)
    assert "namn" in finding.message


def test_a_placeholder_used_but_not_listed_is_told_with_its_line(shelf: Path) -> None:
    put(shelf, FILE, placeholders="[tid, enhet, kontakt]")
    finding = only_finding(shelf)
    assert (finding.code, finding.line) == ("placeholder-undeclared", BODY_STARTS_AT + 6)


def test_a_placeholder_listed_but_not_used_is_surplus(shelf: Path) -> None:
    put(shelf, FILE, placeholders="[tid, enhet, lank, kontakt, support]")
    assert only_finding(shelf).code == "placeholder-surplus"


@pytest.mark.parametrize("name", ["tid", "enhet", "lank", "kontakt"])
def test_a_patient_text_must_tell_when_who_where_and_whom_to_ask(shelf: Path, name: str) -> None:
    rest = ", ".join({"tid", "enhet", "lank", "kontakt"} - {name})
    put(shelf, FILE, GOOD_BODY.replace(f"{{{{ {name} }}}}", "sagt i telefon"), placeholders=f"[{rest}]")
    assert only_finding(shelf).code == "placeholder-missing"


def test_date_and_start_time_may_stand_in_for_the_whole_window(shelf: Path) -> None:
    body = GOOD_BODY.replace("{{ tid }}", "{{ datum }} kl. {{ tid_start }}–{{ tid_slut }}")
    put(shelf, FILE, body, placeholders="[datum, tid_start, tid_slut, enhet, lank, kontakt]")
    assert check_catalogue(shelf) == []


@pytest.mark.parametrize("name", ["motesvard_lank", "motesvard_pin"])
@pytest.mark.parametrize(
    ("audience", "channel"),
    [("patient", '"1177"'), ("external", "outlook"), ("interpreter", "outlook"), ("staff", "prator")],
)
def test_what_leads_in_as_host_is_for_staff_only(shelf: Path, audience: str, channel: str, name: str) -> None:
    body = f"{GOOD_BODY}\n\n{{% if {name} %}}\n\n{{{{ {name} }}}}\n\n{{% endif %}}"
    placeholders = f"[tid, enhet, lank, kontakt, {name}]"
    put(
        shelf,
        "host/1.sv.md",
        body,
        audience=audience,
        channel=channel,
        placeholders=placeholders,
        occasion="insert",
    )
    finding = only_finding(shelf)
    assert (finding.code, finding.file) == ("placeholder-not-allowed", "host/1.sv.md")
    assert finding.line is not None


def test_staff_may_have_the_start_link(shelf: Path) -> None:
    body = f"{GOOD_BODY}\n\nStarta:\n{{{{ motesvard_lank }}}}"
    placeholders = "[tid, enhet, lank, kontakt, motesvard_lank]"
    put(shelf, "host/1.sv.md", body, audience="staff", channel="record", placeholders=placeholders)
    assert check_catalogue(shelf) == []


@pytest.mark.parametrize("name", ["support", "kontakt_utan_tal", "motesvard_pin"])
def test_what_is_not_always_known_must_stand_in_a_condition(shelf: Path, name: str) -> None:
    put(
        shelf,
        "host/1.sv.md",
        f"{GOOD_BODY}\n\n{{{{ {name} }}}}\n{{{{ motesvard_lank }}}}",
        audience="staff",
        channel="record",
        placeholders=f"[tid, enhet, lank, kontakt, {name}, motesvard_lank]",
    )
    assert only_finding(shelf).code == "placeholder-unguarded"


def test_a_flag_is_not_words(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\n{{ krypterat }}", placeholders="[tid, enhet, lank, kontakt, krypterat]")
    assert only_finding(shelf).code == "placeholder-unguarded"


@pytest.mark.parametrize(
    "jinja",
    [
        "{{ enhet.__class__ }}",
        "{{ enhet|upper }}",
        "{% for n in tid %}{{ n }}{% endfor %}",
        "{% set x = tid %}",
        "{% include 'x' %}",
        "{{ tid",
        "{% if tid %}",
        "{{ 7 * 7 }}",
        "{{ lipsum() }}",
    ],
)
def test_no_jinja_beyond_names_and_conditions(shelf: Path, jinja: str) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\n{jinja}")
    finding = only_finding(shelf)
    assert finding.code == "template"
    assert finding.line is not None
    assert finding.line >= BODY_STARTS_AT


@pytest.mark.parametrize(
    "markup",
    ["*kursivt*", "# Rubrik", "<b>fet</b>", "**halv", "[länk](http://www.1177.se)", "[x](javascript:a)"],
)
def test_no_formatting_beyond_bold_links_lists_and_a_rule(shelf: Path, markup: str) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\n{markup}")
    assert set(codes(shelf)) & {"markup", "foreign-link"}


@pytest.mark.parametrize("character", ["\u00a0", "\u202e", "\u200b", "\u00ad", "\t", "\u2069"])
def test_an_invisible_character_is_told_with_its_line(shelf: Path, character: str) -> None:
    put(shelf, FILE, GOOD_BODY.replace("via video", f"via{character}video"))
    finding = only_finding(shelf)
    assert (finding.code, finding.line) == ("invisible-character", BODY_STARTS_AT)


def test_an_invisible_character_in_the_title_is_found(shelf: Path) -> None:
    put(shelf, FILE, title="Vård\u200bmöte")
    assert only_finding(shelf).code == "invisible-character"


def test_a_file_that_is_not_utf_8_is_told_with_its_line(shelf: Path) -> None:
    put(shelf, FILE)
    path = shelf / FILE
    path.write_bytes(path.read_bytes().replace("Länk".encode(), "Länk".encode("latin-1")))
    [finding] = [one for one in check_catalogue(shelf) if one.code == "not-utf-8"]
    assert (finding.file, finding.line) == (FILE, BODY_STARTS_AT + 5)


def test_titles_that_are_not_utf_8_are_told(shelf: Path) -> None:
    path = shelf / "titles.toml"
    path.write_bytes(path.read_bytes().replace("Vårdmöte".encode(), "Vårdmöte".encode("latin-1")))
    assert (only_finding(shelf).file, only_finding(shelf).code) == ("titles.toml", "not-utf-8")


def test_in_1177_a_link_stands_alone_on_its_line(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY.replace("mötet:\n", "mötet: "))
    finding = only_finding(shelf)
    assert (finding.code, finding.line) == ("link-not-alone", BODY_STARTS_AT + 5)


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/x", "https://1177.se.elsewhere.example", "1177.se", "https://{{ enhet }}"],
)
def test_a_fixed_link_leads_only_to_known_hosts(shelf: Path, address: str) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\n[läs mer]({address})")
    assert "foreign-link" in codes(shelf)


def test_a_fixed_link_to_1177_is_allowed(shelf: Path) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\n[https://www.1177.se](https://www.1177.se)")
    assert check_catalogue(shelf) == []


def test_hard_words_are_found(shelf: Path) -> None:
    put(
        shelf,
        FILE,
        GOOD_BODY + "\n\nVårdgivarens informationssäkerhetsansvarige tillhandahåller anslutningsanvisningar.",
    )
    assert only_finding(shelf).code == "hard-to-read"


def test_a_long_sentence_is_found_with_its_line(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\nDu " + "får se oss och " * 6 + "vi ser dig.")
    finding = next(it for it in check_catalogue(shelf) if it.code == "long-sentence")
    assert finding.line == BODY_STARTS_AT + 10


def test_a_long_text_is_found(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\n" + "Du får se oss. " * 60)
    assert only_finding(shelf).code == "too-long"


def test_click_here_is_found(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\nKlicka här.")
    assert only_finding(shelf).code == "vague-link"


@pytest.mark.parametrize(
    "promise", ["Samtalet är krypterat.", "Mötet spelas inte in.", "Vi spelar inte in mötet."]
)
def test_a_promise_about_the_provider_hangs_on_its_flag(shelf: Path, promise: str) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\n{promise}")
    assert only_finding(shelf).code == "promise-without-flag"


def test_asking_the_patient_not_to_record_is_no_promise(shelf: Path) -> None:
    put(shelf, FILE, f"{GOOD_BODY}\n\nSpela inte in mötet.")
    assert check_catalogue(shelf) == []


def test_a_missing_optional_value_must_not_leave_an_empty_line(shelf: Path) -> None:
    body = GOOD_BODY + "\n{% if support %}Hjälp: {{ support }}{% endif %}"
    put(shelf, FILE, body, placeholders="[tid, enhet, lank, kontakt, support]")
    assert only_finding(shelf).code == "empty-line"


@pytest.mark.parametrize(
    "body",
    [
        CALENDAR_BODY.replace("**Anslut till mötet:**", "**Länk:**"),
        CALENDAR_BODY.replace("Starta möte (vårdpersonal)", "Starta"),
        CALENDAR_BODY + "\n\nSlut.",
        "Hej.\n\n" + CALENDAR_BODY,
    ],
)
def test_the_calendar_block_begins_and_ends_with_its_marks(shelf: Path, body: str) -> None:
    put(
        shelf,
        "calendar/1.sv.md",
        body,
        audience="calendar",
        channel="outlook",
        placeholders="[enhet, lank, kontakt, motesvard_lank]",
    )
    assert only_finding(shelf).code == "block-marks"


@pytest.mark.parametrize("name", sorted(TIMES))
def test_a_new_calendar_block_tells_no_time_and_a_published_one_is_left_alone(shelf: Path, name: str) -> None:
    said = (
        f"{{% if {name} %}}{{{{ {name} }}}}{{% endif %}}" if name == "tidigare_tid" else f"{{{{ {name} }}}}"
    )
    file = put(
        shelf,
        "calendar/1.sv.md",
        CALENDAR_BODY.replace("\nEnhet:", f"\nTid: {said}\nEnhet:"),
        audience="calendar",
        channel="outlook",
        placeholders=f"[{name}, enhet, lank, kontakt, motesvard_lank]",
    )
    assert only_finding(shelf).code == "block-tells-time"
    add_to_published(shelf, [file])
    assert check_catalogue(shelf) == []


def test_personal_data_in_the_words_is_found_by_the_given_detector(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\nRing 070-174 06 05.")
    findings = check_catalogue(shelf, lambda words: "070-174 06 05" in words)
    assert [(finding.file, finding.code) for finding in findings] == [(FILE, "personal-data")]


def test_a_changed_published_version_is_found(shelf: Path) -> None:
    publish(shelf)
    put(shelf, FILE, GOOD_BODY.replace("välkommen", "inbjuden"))
    finding = only_finding(shelf)
    assert (finding.file, finding.code) == (FILE, "published-changed")


def test_a_published_version_that_is_gone_is_found(shelf: Path) -> None:
    publish(shelf)
    put(shelf, "care/2.sv.md")
    (shelf / FILE).unlink()
    finding = only_finding(shelf)
    assert (finding.file, finding.code) == (FILE, "published-missing")


def test_a_damaged_list_of_published_versions_is_found(shelf: Path) -> None:
    publish(shelf)
    with (shelf / "published.sha256").open("a", encoding="utf-8") as sheet:
        sheet.write("nonsense\n")
    assert only_finding(shelf).code == "published-list"


def test_another_language_needs_the_swedish_text(shelf: Path) -> None:
    put(shelf, "care/2.en.md")
    assert only_finding(shelf).code == "language-without-swedish"


def test_another_language_tells_the_same(shelf: Path) -> None:
    body = GOOD_BODY + "{% if support %}\n{{ support }}{% endif %}"
    put(shelf, "care/1.en.md", body, placeholders="[tid, enhet, lank, kontakt, support]")
    finding = only_finding(shelf)
    assert (finding.code, finding.file) == ("languages-differ", "care/1.en.md")


def test_a_kind_of_meeting_without_a_text_is_found(shelf: Path) -> None:
    put(shelf, "care-cancelled/1.sv.md", occasion="insert")
    assert only_finding(shelf).code == "text-missing"


def test_two_texts_for_the_same_occasion_are_found(shelf: Path) -> None:
    put(shelf, "also/1.sv.md", serves="[care/*]")
    finding = only_finding(shelf)
    assert finding.code == "texts-compete"
    assert "also, care" in finding.message


def test_a_text_for_a_kind_that_does_not_exist_is_found(shelf: Path) -> None:
    put(shelf, FILE, serves="[care/one, care/two]")
    assert only_finding(shelf).code == "serves-unknown"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('subject = "Vårdmöte"', 'subject = "Vårdmöte 19990101"'),
        ('subject = "Vårdmöte"', 'subject = "{{ enhet }}"'),
        ('room_title = "Vårdmöte"', f'room_title = "{"Vård" * 16}"'),
        ('location = "Videomöte"\n', ""),
        ('["patient"]', '["neighbours"]'),
        ("[care]", "[care"),
    ],
)
def test_a_title_that_is_not_neutral_or_not_there_is_found(shelf: Path, was: str, becomes: str) -> None:
    (shelf / "titles.toml").write_text(TITLES.replace(was, becomes, 1), encoding="utf-8")
    finding = only_finding(shelf)
    assert (finding.file, finding.code) == ("titles.toml", "titles")


def test_every_fault_is_told_at_once_in_the_order_of_files(shelf: Path) -> None:
    put(shelf, FILE, GOOD_BODY + "\n\nKlicka här.", author="Granskaren")
    put(shelf, "care-cancelled/1.sv.md", occasion="cancelled", title="V\u200b")
    assert [(it.file, it.code) for it in check_catalogue(shelf)] == [
        ("care-cancelled/1.sv.md", "invisible-character"),
        (FILE, "reviewer-not-another"),
        (FILE, "vague-link"),
    ]


def test_a_finding_reads_as_file_line_sentence_and_code() -> None:
    assert str(Finding("a/1.sv.md", 7, "too-long", "shorten it")) == "a/1.sv.md:7: shorten it [too-long]"
    assert str(Finding("a/1.sv.md", None, "too-long", "shorten it")) == "a/1.sv.md: shorten it [too-long]"


PIECES = st.sampled_from(
    [
        "{{ tid }}",
        "{% if support %}",
        "{% endif %}",
        "{{",
        "%}",
        "\n\n",
        "- ",
        "1. ",
        "**",
        "](",
        "https://[",
        "---",
    ]
) | st.text(max_size=8)


@given(pieces=st.lists(PIECES, max_size=12), audience=st.sampled_from(["patient", "calendar", "staff"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_author_writes_gives_findings_and_no_crash(
    tmp_path: Path, pieces: list[str], audience: str
) -> None:
    file = put(tmp_path, FILE, "".join(pieces).encode("utf-8", "replace").decode(), audience=audience)
    assert {finding.file for finding in check_catalogue(tmp_path)} == {file, "titles.toml"}


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>A<br>\nB</p>\n<p>C</p>", "A B C"),
        ("<ol>\n<li>A</li>\n<li>B</li>\n</ol>\n<ul>\n<li>C</li>\n</ul>", "1. A 2. B - C"),
        ('<p><a href="https://a.example/?x&amp;y">A &lt; B</a></p>', "A < B: https://a.example/?x&y"),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "https://a.example/"),
    ],
)
def test_what_html_says_is_compared_in_the_form_of_plain_text(html: str, said: str) -> None:
    assert said_in_html(html) == said.split()
