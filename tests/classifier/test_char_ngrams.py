"""Hashed character n-grams: what they see, how they are scaled."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier.char_ngrams import BUCKETS, hashed, matrix, ngrams


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("కి", [" క", "కి", "ి "]),
        ("की", [" क", "की", "ी "]),
        ("ki", [" k", "ki", "i "]),
        ("రూ", [" ర", "రూ", "ూ "]),
        ("क़", [" क", "क\u093c", "\u093c "]),
    ],
)
def test_ngrams_keep_vowel_signs(word: str, expected: list[str]) -> None:
    """A sign is a code point like any other: no tokeniser drops or splits it off."""
    import unicodedata

    assert list(ngrams(unicodedata.normalize("NFD", word), 2, 2)) == expected


def test_ngrams_never_cross_words() -> None:
    """Each word is padded by itself."""
    assert set(ngrams("ab cd", 3, 3)) == {" ab", "ab ", " cd", "cd "}


def test_ngrams_of_a_short_word_are_the_padded_word() -> None:
    """Words shorter than the n-gram still count once."""
    assert list(ngrams("a", 5, 5)) == [" a "]


def test_hashed_scales_each_view_to_unit_length() -> None:
    """So that a long view does not drown a short one."""
    _, one = hashed([("w", "bill", 2, 3)])
    _, two = hashed([("w", "bill", 2, 3), ("f", "a very much longer text", 2, 5)])
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(two) == pytest.approx(2**0.5, abs=1e-6)


def test_hashed_keeps_views_apart_by_prefix() -> None:
    """The same letters in two views are two features."""
    written, _ = hashed([("w", "bill", 2, 2)])
    folded, _ = hashed([("f", "bill", 2, 2)])
    assert set(written) & set(folded) == set()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_hashed_of_nothing_is_empty(text: str) -> None:
    """An empty message has no features and breaks nothing."""
    buckets, values = hashed([("w", text, 2, 5)])
    assert len(buckets) == len(values) == 0


def test_matrix_has_one_row_per_message() -> None:
    """Empty messages included."""
    rows = [hashed([("w", text, 2, 2)]) for text in ("bill", "", "కరెంటు")]
    stacked = matrix(rows)
    assert stacked.shape == (3, BUCKETS)
    assert stacked[1].nnz == 0
    assert stacked[0].sum() == pytest.approx(float(rows[0][1].sum()), abs=1e-5)
