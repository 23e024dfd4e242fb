"""Sentences as a speech model might have written them, learned from those that it did write."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from rapidfuzz.distance import Levenshtein

from nlu.augment import Augmenter
from nlu.augment.augmenter import load_tables
from nlu.augment.heard import FOLDER, read_all_heard
from nlu.augment.misheard import Misheard
from nlu.augment.segments import Segment, Writing
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Mark, Utterance
from nlu.text.phonetic import sound_classes
from tests.augment.conftest import DATA

SETTINGS = {"word": 1.0, "word_seen": 2, "context_seen": 1}
READ = {
    "te": [
        ("కరెంటు బిల్లు", "Karamtu billu."),
        ("కరెంటు పోయింది", "Karamtu poindi."),
        ("నా కరెంటు 12", "Nakar antu pannendu"),
    ],
    "hi": [("बिजली का बिल", "Bijalika bil"), ("बिजली गई", "Bijali gaye")],
}


def heard(text: str, key: str, settings: dict[str, float] = SETTINGS, seed: int = 1) -> str:
    (piece,) = Misheard(READ, settings).vary((Segment(text),), Writing(key), Random(seed))
    return piece.text


def test_a_word_heard_often_is_heard_the_same_way() -> None:
    """As often as `word_seen` tells; what was read with digits teaches nothing."""
    assert heard("కరెంటు", "te") == "karamtu"
    seldom = {**SETTINGS, "word_seen": 3}
    assert heard("బిల్లు", "te", seldom) == "billu"  # by its letters


def test_borders_between_words_are_misheard_too() -> None:
    """The only border before का was lost."""
    assert heard("बिजली का", "hi") in ("bijalika", "bijali ka")
    assert {heard("बिजली का", "hi", seed=seed) for seed in range(40)} == {"bijalika"}


def test_each_language_has_its_own_ways() -> None:
    """Nothing was read in English: the text stays as it is."""
    assert heard("current bill", "en") == "current bill"
    assert heard("కరెంటు", "te") != heard("कारेंटु", "hi")


def test_marks_and_numbers_go() -> None:
    pieces = (Segment("బిల్లు "), Segment("6123401005678", Mark(7, 20, "service_number")))
    (piece,) = Misheard(READ, SETTINGS).vary(pieces, Writing("te"), Random(1))
    assert piece == Segment("billu")


def test_what_has_no_letters_stays() -> None:
    for text in ("", "123", "🙏"):
        assert heard(text, "te") == text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["te", "hi"])
def test_copies_are_as_far_from_what_was_said_as_transcripts_are(
    catalogue: Catalogue, language: str
) -> None:
    """Share of edits by sound: learned on all files, compared on sentences that were read."""
    rows = [r for r in read_all_heard(Path(DATA) / FOLDER) if r.language == language]
    rows = [r for r in rows if r.transcript and not any(c.isdigit() for c in r.text)][::10]
    assert len(rows) > 50
    augmenter = Augmenter(catalogue, {}, {"misheard": 1})
    real, made = [], []
    for row in rows:
        copies = augmenter.copies(Utterance(row.text, (), 0), language, row.intent)
        if copies:
            said = sound_classes(row.text)
            real.append(Levenshtein.normalized_distance(said, sound_classes(row.transcript)))
            made.append(Levenshtein.normalized_distance(said, sound_classes(copies[0].text)))
    assert len(made) > 0.9 * len(rows)
    assert 0.6 < (sum(made) / len(made)) / (sum(real) / len(real)) < 1.6


def test_settings_are_in_data() -> None:
    assert set(load_tables(DATA)["misheard"]) == set(SETTINGS)
