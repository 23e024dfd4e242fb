"""Slips and short forms of people who type on a phone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.augment.augmenter import load_tables
from nlu.augment.segments import Writing, cut, join
from nlu.augment.typing_habits import Keyboard, TypingHabits
from nlu.catalogue.model import Utterance
from nlu.text.script import dominant
from tests.augment.conftest import DATA, KEYS, texts

TABLES = load_tables(DATA)
Rows = dict[str, list[tuple[str, Utterance]]]


def test_keyboard_neighbours_lie_beside_each_other() -> None:
    typing = TABLES["typing"]
    keyboard = Keyboard(typing["keyboard"], typing["row_shift"], typing["reach"], {"drop": 1})
    assert set(keyboard.neighbours["s"]) == set("adwezx")
    assert set(keyboard.neighbours["q"]) == set("wa")
    for key, others in keyboard.neighbours.items():
        assert others and all(key in keyboard.neighbours[other] for other in others)


@settings(deadline=None)
@given(st.text("abcdefghijklmnop", min_size=2, max_size=12), st.integers(0, 999))
def test_a_slip_keeps_the_first_letter_and_is_one_letter_long(word: str, seed: int) -> None:
    typing = TABLES["typing"]
    keyboard = Keyboard(typing["keyboard"], typing["row_shift"], typing["reach"], typing["slips"])
    slipped = keyboard.slip(word, Random(seed))
    assert abs(len(slipped) - len(word)) <= 1
    assert slipped[0] == word[0] or sorted(slipped) == sorted(word)


def test_an_unknown_slip_is_told() -> None:
    with pytest.raises(ValueError, match="unknown slips: smear"):
        Keyboard(["qwe"], [0.0], 1.2, {"smear": 1})


@pytest.mark.parametrize(
    ("key", "text", "seen"),
    [
        ("en", "current bill", "crrnt bll"),
        ("te-Latn", "current bill", "current bll"),
        ("te", "బిల్లు కట్టాలి", "బీల్లు కట్టాలి"),
        ("te", "కరెంటు లేదు, చూడండి", "కరెంటు లేదు చూడండి"),
        ("hi", "बिजली नहीं", "बिजलि नहीं"),
        ("hi-Latn", "Bijli nahi", "bijlinahi"),
    ],
)
def test_typing_habits_are_seen(key: str, text: str, seen: str) -> None:
    assert seen in texts(TypingHabits(TABLES["typing"]), text, key, 2000)


@pytest.mark.parametrize("key", KEYS)
def test_typing_keeps_the_script(utterances: Rows, key: str) -> None:
    habits = TypingHabits(TABLES["typing"])
    for _, row in utterances[key][:150]:
        text, _ = join(habits.vary(cut(row), Writing(key), Random(row.text)))
        assert dominant(text) == dominant(row.text)
