"""Native text in Latin letters: the shipped statistics, and the model on made-up counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
import regex

from nlu.text.romanisation import LetterModel, Romaniser, contexts, letters, neighbourhoods

FOLDER = Path(__file__).resolve().parents[2] / "data" / "romanisation"
NATIVE = regex.compile(r"[\u0900-\u097f\u0c00-\u0c7f]")


@pytest.fixture(scope="module")
def romanisers() -> dict[str, Romaniser]:
    return {language: Romaniser.load(FOLDER, language) for language in ("te", "hi")}


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("బిల్లు", "బిలలు"),  # a virama takes the inherent vowel away
        ("కలం", "కAలAం"),
        ("कमल", "कAमAलA"),
        ("ज़मीन", "\u095bAमीनA"),
        ("क्\u200dया", "कया"),
        ("ఆంధ్ర", "ఆంధరA"),
    ],
)
def test_letters_are_the_sounds_of_a_word(word: str, sounds: str) -> None:
    assert letters(word) == sounds


@pytest.mark.parametrize(
    ("language", "text", "latin"),
    [
        ("te", "నా బిల్లు", "naa billu"),
        ("te", "ఉదయం తొమ్మిది గంటలు", "udayam thommidi gantalu"),
        ("hi", "मेरा बिजली का बिल कितना आया है", "mera bijali ka bill kitna aaya hai"),
        ("hi", "ज़मीन के कागज़", "zameen ke kagaz"),
        ("te", "naa current bill entha?", "naa current bill entha?"),
        ("hi", "mera bill Rs 845 hai!", "mera bill Rs 845 hai!"),
        ("te", "show my bill, please", "show my bill, please"),
        ("te", "TV ౬౧౨ 34", "TV 612 34"),
        ("hi", "६१२।", "612."),
        ("hi", "", ""),
    ],
)
def test_best_spelling(
    language: str, text: str, latin: str, romanisers: dict[str, Romaniser]
) -> None:
    assert romanisers[language].best(text) == latin


@pytest.mark.parametrize(
    ("language", "word", "spellings"),
    [
        ("te", "ఎంత", {"enta", "entha"}),
        ("te", "తిరుపతి", {"thirupathi", "tirupati"}),
        ("hi", "ज़मीन", {"zameen", "jamin"}),
        ("hi", "शुक्रवार", {"shukravar", "shukrawar"}),
    ],
)
def test_samples_vary_as_people_do(
    language: str, word: str, spellings: set[str], romanisers: dict[str, Romaniser]
) -> None:
    drawn = Counter(romanisers[language].sample(word, Random(seed)) for seed in range(300))
    assert spellings <= set(drawn)


@pytest.mark.parametrize(("language", "text"), [("te", "విద్యుత్ కోత"), ("hi", "राशन कार्ड")])
def test_a_seed_draws_the_same_sample(
    language: str, text: str, romanisers: dict[str, Romaniser]
) -> None:
    once, again = (romanisers[language].sample(text, Random(7)) for _ in range(2))
    assert once == again and not NATIVE.search(once)


@pytest.mark.parametrize(
    ("language", "text"),
    [("te", "ఱ ఌ ౠ ఽ ృ \u0c4d అ\u200cఆ ఁ"), ("hi", "ऋ ॠ ऽ ॐ \u094d ऑ ॲ ळ ़")],
)
def test_rare_letters_leave_nothing_native_behind(
    language: str, text: str, romanisers: dict[str, Romaniser]
) -> None:
    assert not NATIVE.search(romanisers[language].best(text))


def test_a_longer_context_outweighs_a_shorter_one() -> None:
    """The inherent vowel at the end of a Hindi word is silent, though it is an a elsewhere."""
    final = neighbourhoods("कA")[1]
    short, longer = contexts(final)[:2]
    model = LetterModel({short: {"a": 90.0}, longer: {"": 30.0}}, strength=10.0)
    assert dict(model.spellings(final)) == {"": 0.75, "a": 0.25}


def test_a_language_without_statistics_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        Romaniser.load(FOLDER, "en")


def test_statistics_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.tsv")}
    assert len(sizes) == 4
    assert all(sizes[f"{x}.letters.tsv"] + sizes[f"{x}.words.tsv"] < 1e6 for x in ("te", "hi"))
