"""LIX and sentences, counted on texts whose numbers can be counted by hand."""

import pytest

from templates_messages.readability import lix, sentences_of


def test_lix_is_words_a_sentence_plus_percent_long_words() -> None:
    # 8 words in 2 sentences, 2 of them longer than six letters: 4 + 25.
    assert lix("Du väntar i lobbyn. Mottagningen släpper in dig.") == pytest.approx(4 + 25)


def test_seven_letters_are_long_and_six_are_not() -> None:
    assert lix("lobbyn") == pytest.approx(1)
    assert lix("mobilen") == pytest.approx(101)


def test_a_clock_time_ends_no_sentence_but_a_line_does() -> None:
    assert len(sentences_of("Vi ses kl. 15.30 i lobbyn\nVälkommen")) == 2


def test_addresses_and_numbers_are_not_words() -> None:
    assert sentences_of("https://mote.region.example/m/A 15 30") == []
    assert lix("15.30 https://mote.region.example/m/A") == 0


def test_a_compound_with_a_hyphen_is_one_word() -> None:
    assert sentences_of("Hälso- och e-legitimation") == [["Hälso", "och", "e-legitimation"]]
