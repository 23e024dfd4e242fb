"""Hashed character n-grams: what they see, how they are scaled."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier.char_ngrams import BUCKETS, matrix, ngram_buckets, ngrams, pairs, weighted


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

    def pair_buckets(text: str, low: int, high: int) -> np.ndarray:
        return pairs([text], low, high)[1]

    words = ["^", *text.split(), "$"]
    for low, high in ((0, 0), (1, 1), (0, 5), (2, 9)):
        apart = [b - a for a in range(len(words)) for b in range(a, len(words))]
        expected = sum(low <= distance <= high for distance in apart)
        assert len(set(pair_buckets(text, low, high).tolist())) == expected
    first, second, *_ = text.split()
    assert set(pair_buckets(f"{first} x {second}", 2, 2)) & set(pair_buckets(text, 1, 1))


def test_pairs_have_an_order_and_a_prefix() -> None:
    """A dog bites a man, a man bites a dog; and another view is another feature."""
    _, there = pairs(["a b"], 1, 1, "x")
    assert set(there) != set(pairs(["b a"], 1, 1, "x")[1])
    assert not set(there) & set(pairs(["a b"], 1, 1, "y")[1])
    assert len(pairs([""], 3, 3)[1]) == 0


def test_a_message_has_the_same_ngrams_beside_others() -> None:
    """What many messages have at once is what each has alone; an empty one has none."""
    texts = ["నా కరెంటు బిల్లు", "", "a", "bijli ka bill"]
    for together, alone in (
        (ngrams(texts, 1, 4, "w"), [ngram_buckets(text, 1, 4, "w") for text in texts]),
        (pairs(texts, 0, 3, "p"), [pairs([text], 0, 3, "p")[1] for text in texts]),
    ):
        for at, expected in enumerate(alone):
            found = together[1][together[0] == at]
            assert sorted(found) == sorted(expected)
    assert not (ngrams(texts, 1, 4)[0] == 1).any()


def test_each_view_is_scaled_to_unit_length() -> None:
    """So that a long view does not drown a short one."""
    short, long = ngrams(["bill"], 2, 3, "w"), ngrams(["a very much longer text"], 2, 5, "f")
    _, _, one = weighted([short], 1)
    _, _, two = weighted([short, long], 1)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(two) == pytest.approx(2**0.5, abs=1e-6)


def test_views_are_kept_apart_by_prefix() -> None:
    """The same letters in two views are two features."""
    written, folded = ngram_buckets("bill", 2, 2, "w"), ngram_buckets("bill", 2, 2, "f")
    assert set(written) & set(folded) == set()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_has_no_ngrams(text: str) -> None:
    """An empty message has no features and breaks nothing."""
    _, buckets, values = weighted([ngrams([text], 2, 5, "w")], 1)
    assert len(buckets) == len(values) == 0


def test_matrix_has_one_row_per_message() -> None:
    """Empty messages included; an n-gram said twice weighs more than one said once."""
    stacked = matrix([ngrams(["bill", "", "కరెంటు కరెంటు వద్దు"], 2, 2, "w")], 3)
    assert stacked.shape == (3, BUCKETS)
    assert stacked[1].nnz == 0
    assert np.linalg.norm(stacked[2].data) == pytest.approx(1, abs=1e-6)
    twice, once = ngram_buckets("కరెంటు", 2, 2, "w")[0], ngram_buckets("వద్దు", 2, 2, "w")[0]
    assert stacked[2, twice] / stacked[2, once] == pytest.approx(1 + np.log(2), abs=1e-5)
