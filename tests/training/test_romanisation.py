"""Statistics of romanisation: alignment, pruning, tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nlu.text.romanisation import LetterModel, Romaniser, letters, read_table
from nlu.training.romanisation import (
    STRENGTH,
    Pair,
    _Start,
    align,
    count_letters,
    measure,
    prune,
    read_lexicon,
    write_table,
)


@pytest.mark.parametrize(
    ("word", "spelling", "pieces"),
    [
        ("బిల్లు", "billu", ["b", "i", "l", "l", "u"]),
        ("ఎంత", "entha", ["e", "n", "th", "a"]),
        ("बिजली", "bijli", ["b", "i", "j", "", "l", "i"]),
        ("शाम", "shaam", ["sh", "aa", "m", ""]),
    ],
)
def test_letters_are_aligned_with_their_spelling(
    word: str, spelling: str, pieces: list[str]
) -> None:
    assert align(letters(word), spelling, _Start()) == pieces


@pytest.mark.parametrize("word", ["కి", "की"])
def test_a_spelling_too_long_for_its_letters_has_no_alignment(word: str) -> None:
    assert align(letters(word), "kilometres", _Start()) is None


@pytest.mark.parametrize(
    ("pairs", "unseen", "spelling"),
    [
        ([("తల", "thala", 3), ("తడ", "thada", 3), ("లత", "latha", 2)] * 2, "తత", "thatha"),
        ([("कमल", "kamal", 3), ("नमक", "namak", 3), ("मन", "man", 3)] * 2, "कमन", "kaman"),
    ],
)
def test_unseen_words_are_spelled_from_what_was_counted(
    pairs: list[Pair], unseen: str, spelling: str
) -> None:
    letters_only = Romaniser({}, LetterModel(prune(count_letters(pairs)), STRENGTH))
    assert letters_only.best(unseen) == spelling


def test_a_context_that_says_nothing_new_is_left_out() -> None:
    counts = {"0త": Counter(th=50, t=50), "1తA": Counter(th=25, t=25), "1తా": Counter(t=40)}
    assert set(prune(counts)) == {"0త", "1తా"}


def test_only_plain_latin_spellings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text("నా\tNaa\t2\nనా\tna'a\t1\nमेरा\tmera\t3\n", "utf-8")
    assert read_lexicon(path) == [("నా", "naa", 2), ("मेरा", "mera", 3)]


def test_a_table_reads_as_it_was_written(tmp_path: Path) -> None:
    write_table(tmp_path / "x.tsv", "title", {"0A": {"": 2, "a": 7}, "कर": {"kar": 1}})
    assert read_table(tmp_path / "x.tsv") == {
        "0A": (("a", 7.0), ("", 2.0)),
        "कर": (("kar", 1.0),),
    }


def test_measure_counts_words_and_characters() -> None:
    """A word is right when anyone spelled it so; errors count to the nearest spelling."""
    pairs = [("కల", "kala", 1), ("కల", "kalla", 1), ("తల", "thala", 1)]
    found = measure(None, pairs)  # the rules write `kala` and `tala`
    assert found == {"words": 2, "accuracy": 0.5, "cer": 1 / 9}
