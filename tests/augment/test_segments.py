"""Pieces of an utterance keep its marks exact; words are cut and joined at their borders."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.augment.segments import (
    WORD,
    cut,
    join,
    join_words,
    rewrite,
    rewrite_words,
    split_words,
)
from nlu.text.script import dominant
from tests.augment.conftest import utterance

MARKED = (
    "[విజయవాడ](from_stop) నుంచి [తిరుపతి](to_stop)కి [రేపు](travel_date) సీటు కావాలి",
    "[kakinada](from_stop) nunchi [vizag](to_stop) ki bus ticket kavali",
    "[कल](travel_date) सुबह [तिरुपति](to_stop) जाना है बस से, टिकट काट दीजिए",
    "[do](passenger_count) seat chahiye bus me, ek meri ek meri biwi ki",
    "book ticket from [Vijayawada](from_stop) to [Tirupati](to_stop) for [tomorrow](travel_date)",
)


@pytest.mark.parametrize("source", MARKED)
def test_pieces_joined_again_are_the_utterance(source: str) -> None:
    given_one = utterance(source)
    assert join(cut(given_one)) == (given_one.text, given_one.marks)


@pytest.mark.parametrize("source", MARKED)
def test_marks_follow_a_text_that_grows(source: str) -> None:
    before = utterance(source)
    text, marks = join(rewrite_words(cut(before), lambda word: word + word))
    assert [m.slot for m in marks] == [m.slot for m in before.marks]
    for old, new in zip(before.marks, marks):
        value = before.text[old.start : old.end]
        assert text[new.start : new.end] == " ".join(word + word for word in value.split())


@settings(deadline=None)
@given(st.sampled_from(MARKED), st.sampled_from(["", " ", "x", " x "]))
def test_a_value_is_never_lost_nor_edged_with_space(source: str, by: str) -> None:
    text, marks = join(rewrite(cut(utterance(source)), lambda _: by))
    assert len(marks) == len(utterance(source).marks)
    for mark in marks:
        value = text[mark.start : mark.end]
        assert value and value == value.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RTC26110001 ticket", ["ticket"]),
        ("2కి టికెట్", ["టికెట్"]),
        ("बस का 1B", ["बस", "का"]),
        ("స్కాలర్‌షిప్ kosam", ["స్కాలర్‌షిప్", "kosam"]),
        ("e-hundi, 25th", ["e", "hundi"]),
    ],
)
def test_codes_are_no_words(text: str, words: list[str]) -> None:
    assert WORD.findall(text) == words


@settings(deadline=None)
@given(st.integers(0, 999))
def test_words_are_cut_between_syllables(seed: int) -> None:
    cut_text = split_words("బయల్దేరింది బిజలీ", 1.0, 4, Random(seed))
    assert cut_text.replace(" ", "") == "బయల్దేరిందిబిజలీ"
    assert all(dominant(word[0]) == "Telu" and word[0] not in "ిీుూెేొో్" for word in cut_text.split())


def test_words_run_together_but_numbers_do_not() -> None:
    assert join_words("bus ticket 25 lo", 1.0, Random(0)) == "busticket 25 lo"
