"""Which key a message is written in: script first, then the small model, then the prior."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.catalogue import Catalogue, load_catalogue
from nlu.classifier.language import Key, LanguageIdentifier, train
from nlu.classifier.linear import LinearModel

DATA = Path(__file__).resolve().parents[2] / "data"
LATIN = ("te-Latn", "hi-Latn", "en")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The real one."""
    return load_catalogue(DATA)


@pytest.fixture(scope="module")
def identifier(catalogue: Catalogue) -> LanguageIdentifier:
    """Trained as the component does it."""
    keys = tuple(Key(k.key, k.language, k.script) for k in catalogue.languages.keys.values())
    model = train(_texts(catalogue, "utterances"), keys, ridge=0.3)
    return LanguageIdentifier(keys, model, 3.0, 0.25, catalogue.languages.default)


@pytest.fixture(scope="module")
def undecided(identifier: LanguageIdentifier) -> LanguageIdentifier:
    """One whose model knows nothing: only script and prior are left."""
    nothing = LinearModel(
        LATIN,
        np.zeros((0, 3), np.float32),
        np.zeros(0, np.int32),
        np.zeros((0, 3), np.float32),
        np.zeros(3, np.float32),
    )
    return replace(identifier, model=nothing)


def _texts(catalogue: Catalogue, part: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for intent in [*catalogue.services.values(), *catalogue.conversation.values()]:
        for key, rows in getattr(intent, part).items():
            found.setdefault(key, []).extend(u.text for u in rows)
    return found


@pytest.mark.parametrize(
    ("text", "key", "language", "script"),
    [
        ("నా కరెంటు బిల్లు ఎంత వచ్చింది", "te", "te", "Telu"),
        ("naa current bill entha vachindi", "te-Latn", "te", "Latn"),
        ("मेरा बिजली का बिल कितना आया है", "hi", "hi", "Deva"),
        ("mera bijli ka bill kitna aaya hai", "hi-Latn", "hi", "Latn"),
        ("how much is my electricity bill", "en", "en", "Latn"),
        ("NAA CURRENT BILL ENTHA VACHINDI", "te-Latn", "te", "Latn"),
        ("కరెంటు bill ఎంత", "te", "te", "Telu"),
        ("बिजली bill kitna है", "hi", "hi", "Deva"),
        ("కరెంటు బిల్లు pay చేయాలి 6123401005678", "te", "te", "Telu"),
    ],
)
def test_key_of_a_message(
    text: str, key: str, language: str, script: str, identifier: LanguageIdentifier
) -> None:
    """All five keys, and Telugu or Hindi with English words in it."""
    guess = identifier.guess(text)
    assert (guess.key, guess.language, guess.script) == (key, language, script)
    assert 0 < guess.confidence <= 1


@pytest.mark.parametrize("prior", [None, "te", "hi", "en"])
@pytest.mark.parametrize(("text", "key"), [("కరెంటు బిల్లు", "te"), ("बिजली का बिल", "hi")])
def test_native_letters_decide_against_any_prior(
    text: str, key: str, prior: str | None, identifier: LanguageIdentifier
) -> None:
    """Whoever writes Telugu letters writes Telugu."""
    assert identifier.guess(text, prior).key == key


@pytest.mark.parametrize(("prior", "key"), [("te", "te-Latn"), ("hi", "hi-Latn"), ("en", "en")])
def test_prior_tips_the_balance(prior: str, key: str, undecided: LanguageIdentifier) -> None:
    """Where the letters say nothing, the citizen's own language has three times the odds."""
    guess = undecided.guess("bill", prior)
    assert guess.key == key
    assert guess.confidence == pytest.approx(3 / 5)


def test_prior_moves_a_clear_message_little(identifier: LanguageIdentifier) -> None:
    """Plain English stays English for someone who wrote Telugu before."""
    assert identifier.guess("I want to pay my electricity bill", "te").key == "en"


@pytest.mark.parametrize("text", ["6123401005678", "౬౧౨౩", "६१२३", "🙂👍", "?!", "", "\u200b"])
@pytest.mark.parametrize(("prior", "key"), [(None, "te"), ("te", "te"), ("hi", "hi"), ("en", "en")])
def test_without_letters_the_prior_speaks(
    text: str, prior: str | None, key: str, identifier: LanguageIdentifier
) -> None:
    """Digits, emoji and nothing: the citizen's language, or the default; without confidence."""
    guess = identifier.guess(text, prior)
    assert (guess.key, guess.confidence, guess.script) == (key, 0.0, "Zyyy")


@pytest.mark.parametrize("key", LATIN)
def test_holdout_keys_are_told_apart(
    key: str, identifier: LanguageIdentifier, catalogue: Catalogue
) -> None:
    """Messages it was not trained on, one key at a time."""
    texts = _texts(catalogue, "holdout")[key]
    right = sum(identifier.guess(text).key == key for text in texts)
    assert right / len(texts) >= 0.9


def test_identifier_survives_its_file(tmp_path: Path, identifier: LanguageIdentifier) -> None:
    """The same keys after loading."""
    identifier.save(tmp_path)
    loaded = replace(identifier, model=LinearModel.load(tmp_path / "language.npz"))
    for text in ("naa bill entha", "mera bill kitna", "show my bill", "కరెంటు"):
        assert loaded.guess(text).key == identifier.guess(text).key
