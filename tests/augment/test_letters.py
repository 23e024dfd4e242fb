"""Words in other letters: spelled as the next person would."""

from __future__ import annotations

from random import Random

import pytest

from nlu.augment.augmenter import load_tables
from nlu.augment.letters import LetterRule, LetterRules, Spelling
from nlu.catalogue.model import Utterance
from tests.augment.conftest import DATA, texts

TABLES = load_tables(DATA)
Rows = dict[str, list[tuple[str, Utterance]]]


@pytest.mark.parametrize(
    ("at", "word", "varied"),
    [
        ("start", "tata", "data"),
        ("inside", "tata", "tada"),
        ("end", "tat", "tad"),
        ("any", "tat", "dad"),
        ("end", "t", "t"),
    ],
)
def test_a_rule_keeps_to_its_place(at: str, word: str, varied: str) -> None:
    rules = LetterRules([LetterRule("t", ("d",), 1.0, at)])  # type: ignore[arg-type]
    assert rules.vary(word, Random(0)) == varied


def test_the_longest_rule_wins_and_capitals_stay() -> None:
    rules = LetterRules([LetterRule("t", ("d",), 1.0), LetterRule("th", ("t",), 1.0)])
    assert rules.vary("Thota", Random(0)) == "Toda"


def test_a_word_is_never_emptied() -> None:
    assert LetterRules([LetterRule("a", ("",), 1.0)]).vary("aa", Random(0)) == "aa"


@pytest.mark.parametrize(
    ("key", "word", "other"),
    [
        ("te-Latn", "kaavaali", "kavali"),
        ("te-Latn", "kavali", "kawali"),
        ("hi-Latn", "chahiye", "chaiye"),
        ("hi-Latn", "nahi", "nai"),
        ("hi-Latn", "shikayat", "sikayat"),
        ("te-Latn", "moodu", "mudu"),
    ],
)
def test_spelling_finds_the_variants_people_use(key: str, word: str, other: str) -> None:
    assert other in texts(Spelling(TABLES["spelling"]), word, key, 1500)


@pytest.mark.parametrize("text", ["బస్సు టికెట్ కావాలి", "बस का टिकट चाहिए"])
def test_spelling_leaves_native_words(text: str) -> None:
    assert texts(Spelling(TABLES["spelling"]), text, "mix") == {text}
