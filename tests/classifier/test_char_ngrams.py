"""Hashed character n-grams: what they see, how they are scaled."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier.char_ngrams import BUCKETS, hashed, matrix, ngram_buckets, pair_buckets


def cut(text: str, low: int, high: int) -> list[str]:
    """The n-grams, cut the plain way."""
    return [
        gram
        for word in text.split()
        for size in range(low, high + 1)
        for gram in (f" {word} "[i : i + size] for i in range(len(word) + 3 - size))
        if gram.strip()
    ]


@pytest.mark.parametrize("text", ["నా కరెంటు బిల్లు", "मेरा बिजली का बिल", "naa  bill", "a", "క़", "కి"])
@pytest.mark.parametrize(("low", "high"), [(1, 4), (2, 5), (3, 5), (2, 2)])
def test_every_ngram_of_every_word_has_its_bucket(text: str, low: int, high: int) -> None:
    """Vowel signs included, none across words: as many as cutting the plain way finds."""
    grams = cut(text, low, high)
    buckets = ngram_buckets(text, low, high)
    assert len(buckets) == len(grams)
    assert len(set(buckets.tolist())) == len(set(grams))


def test_a_vowel_sign_changes_the_buckets() -> None:
    """కి and కు differ only in the sign."""
    assert set(ngram_buckets("కి", 2, 2)) != set(ngram_buckets("కు", 2, 2))


@pytest.mark.parametrize("text", ["ఏ ఆఫీసుకి వెళ్ళాలి", "किस दफ़्तर जाना है", "which office to go"])
def test_pairs_are_those_of_words_so_far_apart(text: str) -> None:
    """With the two ends of the text; a word alone is 0 apart; words need not stand together."""
    words = ["^", *text.split(), "$"]
    for low, high in ((0, 0), (1, 1), (0, 5), (2, 9)):
        apart = [b - a for a in range(len(words)) for b in range(a, len(words))]
        expected = sum(low <= distance <= high for distance in apart)
        assert len(set(pair_buckets(text, low, high).tolist())) == expected
    first, second, *_ = text.split()
    assert set(pair_buckets(f"{first} x {second}", 2, 2)) & set(pair_buckets(text, 1, 1))


def test_pairs_have_an_order_and_a_prefix() -> None:
    """A dog bites a man, a man bites a dog; and another view is another feature."""
    assert set(pair_buckets("a b", 1, 1, "x")) != set(pair_buckets("b a", 1, 1, "x"))
    assert not set(pair_buckets("a b", 1, 1, "x")) & set(pair_buckets("a b", 1, 1, "y"))
    assert len(pair_buckets("", 3, 3)) == 0


def test_hashed_scales_each_view_to_unit_length() -> None:
    """So that a long view does not drown a short one."""
    _, one = hashed([ngram_buckets("bill", 2, 3, "w")])
    _, two = hashed(
        [ngram_buckets("bill", 2, 3, "w"), ngram_buckets("a very much longer text", 2, 5, "f")]
    )
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(two) == pytest.approx(2**0.5, abs=1e-6)


def test_hashed_keeps_views_apart_by_prefix() -> None:
    """The same letters in two views are two features."""
    written, _ = hashed([ngram_buckets("bill", 2, 2, "w")])
    folded, _ = hashed([ngram_buckets("bill", 2, 2, "f")])
    assert set(written) & set(folded) == set()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_hashed_of_nothing_is_empty(text: str) -> None:
    """An empty message has no features and breaks nothing."""
    buckets, values = hashed([ngram_buckets(text, 2, 5, "w")])
    assert len(buckets) == len(values) == 0


def test_matrix_has_one_row_per_message() -> None:
    """Empty messages included."""
    rows = [hashed([ngram_buckets(text, 2, 2, "w")]) for text in ("bill", "", "కరెంటు")]
    stacked = matrix(rows)
    assert stacked.shape == (3, BUCKETS)
    assert stacked[1].nnz == 0
    assert stacked[0].sum() == pytest.approx(float(rows[0][1].sum()), abs=1e-5)
