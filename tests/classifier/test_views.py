"""Views: four spellings of a message, hashed apart."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier import char_ngrams
from nlu.classifier.place_mentions import PlaceMentions
from nlu.classifier.views import NAMES, hashed, matrix, spellings

ALL = {"written": [2, 5], "folded": [2, 4], "skeleton": [2, 4], "phrase": [3, 5]}


@pytest.mark.parametrize(
    "text, folded, bones",
    [
        ("కరెంటు బిల్లు", "karent bilu", "krnt bl"),
        ("Karentu billu", "karent bilu", "krnt bl"),
        ("करेंट बिल", "karent bil", "krnt bl"),
        ("karent bill", "karent bil", "krnt bl"),
        ("CURRENT bill", "kurent bil", "krnt bl"),
    ],
)
def test_spellings_of_every_key_meet_in_sound(text: str, folded: str, bones: str) -> None:
    """The same words of te, te-Latn, hi, hi-Latn and en share their sound or its consonants."""
    seen = spellings(text)
    assert seen["folded"] == folded
    assert seen["skeleton"] == bones
    assert seen["phrase"] == folded.replace(" ", "_")


@pytest.mark.parametrize(
    "said, heard",
    [
        ("కరెంటు బిల్లు కట్టాలి", "Karem dubillu gattali"),
        ("जाति प्रमाण पत्र", "Jadhipra mana badra"),
        ("karentu billu kattali", "Karendu billuga taali"),
        ("bijli ka bill bharna hai", "Pichali kabil bharnahe"),
        ("birth certificate", "Bur tsartifiket"),
    ],
)
def test_a_transcript_is_nearer_by_sound_without_borders(said: str, heard: str) -> None:
    """More n-grams are shared than where words keep their borders and sounds are told apart."""

    def shared(name: str) -> float:
        one, other = (set(hashed(text, {name: [3, 4]})[0]) for text in (said, heard))
        return len(one & other) / len(one | other)

    assert shared("classes") > 1.2 * shared("phrase")
    for name in ("classes", "bones"):
        assert " " not in spellings(said)[name]


def test_names_of_views_keep_them_apart() -> None:
    spelt = [name for name in NAMES if not name.endswith("pairs")]
    assert len({name[0] for name in spelt}) == len(spelt)


def test_an_unknown_view_is_an_error() -> None:
    with pytest.raises(KeyError):
        spellings("bill", ["no view"])


def test_views_have_unit_length_each() -> None:
    """So that a long view does not drown a short one."""
    for name, lengths in ALL.items():
        _, values = hashed("कल की बस का टिकट", {name: lengths})
        assert np.linalg.norm(values) == pytest.approx(1.0, abs=1e-5)


def test_views_share_no_buckets_by_name() -> None:
    """The same n-gram in two views counts as two."""
    written, _ = hashed("bus", {"written": [3, 3]})
    folded, _ = hashed("bus", {"folded": [3, 3]})
    assert len(written) == len(folded) > 0
    assert not set(written) & set(folded)


def test_all_views_are_those_of_each() -> None:
    """Naming several gives their n-grams side by side, in that order."""
    text = "రేపటి బస్ టికెట్"
    together, _ = hashed(text, ALL)
    alone = np.concatenate([hashed(text, {name: lengths})[0] for name, lengths in ALL.items()])
    assert (together == alone).all()
    assert together.max() < char_ngrams.BUCKETS


def test_no_letters_is_no_ngram() -> None:
    """An empty message has no view."""
    assert all(len(part) == 0 for part in hashed("", ALL))


def test_rows_are_the_same_whoever_hashes_them() -> None:
    """Processes share the texts out; rows come in the order of the texts."""
    texts = [f"కరెంటు బిల్లు {n} bijli ka bill" for n in range(2_500)]
    places = PlaceMentions({"here": ["Guntur"], "elsewhere": ["Pune"]})
    texts[7], texts[2_400] = "tax in Guntur", "पुणे में टैक्स"
    alone, shared = matrix(texts, ALL, places), matrix(texts, ALL, places, workers=2)
    assert (alone != shared).nnz == 0
    assert alone.shape == shared.shape == (2_500, char_ngrams.BUCKETS)
    buckets, values = hashed(texts[2_400], ALL, places)
    row = shared[2_400]
    assert dict(zip(row.indices, row.data)) == dict(zip(buckets, values))
