"""Which key a message is written in: script first, then the small model, then the prior."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.catalogue import Catalogue, shared_catalogue
from nlu.classifier.language import BUCKETS, MIX, Key, LanguageIdentifier, LanguageModel, features

DATA = Path(__file__).resolve().parents[2] / "data"
SHIPPED = DATA / "language" / "model.npz"
LATIN = ("te-Latn", "hi-Latn", "en")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The real one."""
    return shared_catalogue(DATA)


@pytest.fixture(scope="module")
def identifier(catalogue: Catalogue) -> LanguageIdentifier:
    """With the model that ships."""
    keys = tuple(Key(k.key, k.language, k.script) for k in catalogue.languages.keys.values())
    model = LanguageModel.load(SHIPPED)
    return LanguageIdentifier(keys, model, 10.0, 0.25, 0.15, catalogue.languages.default)


@pytest.fixture(scope="module")
def undecided(identifier: LanguageIdentifier) -> LanguageIdentifier:
    """One whose model knows nothing: only script and prior are left."""
    nothing = LanguageModel.quantised(LATIN, np.zeros((BUCKETS, 3)), np.zeros(3))
    return replace(identifier, model=nothing, prior_weight=3.0)


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
        ("naa electricity bill entha", "te-Latn", "te", "Latn"),
        ("mera current bill kitna hai", "hi-Latn", "hi", "Latn"),
        ("naku income certificate kavali", "te-Latn", "te", "Latn"),
        ("ration card apply karna hai", "hi-Latn", "hi", "Latn"),
        ("please electricity bill payment చూపించు", "te-Latn", "te", "Latn"),
        ("please electricity bill payment दिखाओ", "hi-Latn", "hi", "Latn"),
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


@pytest.mark.parametrize(
    ("prior", "key"),
    [*zip(("te", "hi", "en"), LATIN), ("te-Latn", "te-Latn"), ("hi-Latn", "hi-Latn")],
)
def test_prior_tips_the_balance(prior: str, key: str, undecided: LanguageIdentifier) -> None:
    """Where the letters say nothing, the citizen's own language has three times the odds."""
    guess = undecided.guess("bill", prior)
    assert guess.key == key
    assert guess.confidence == pytest.approx(3 / 5)


def test_prior_moves_a_clear_message_little(identifier: LanguageIdentifier) -> None:
    """Plain English stays English for someone who wrote Telugu before."""
    assert identifier.guess("I want to pay my electricity bill", "te").key == "en"


@pytest.mark.parametrize("text", ["6123401005678", "౬౧౨౩", "६१२३", "🙂👍", "?!", "", "\u200b"])
@pytest.mark.parametrize(
    ("prior", "key"),
    [(None, "te"), *((key, key) for key in ("te", "te-Latn", "hi", "hi-Latn", "en")), ("ta", "te")],
)
def test_without_letters_the_prior_speaks(
    text: str, prior: str | None, key: str, identifier: LanguageIdentifier
) -> None:
    """Digits, emoji and nothing: the citizen's language, or the default; without confidence.

    `/parse` takes keys as a hint: a number with the hint `hi-Latn` was once an internal error.
    """
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


@pytest.mark.parametrize(
    ("text", "mixed"),
    [
        ("కరెంటు బిల్లు ఎంత", False),
        ("RTC26110001 టికెట్ రద్దు చేయాలి", False),  # a ticket's number is of no language
        ("బస్సు current location చెప్పండి", True),
        ("बिजली का बिल कितना है", False),
        ("CMRF2026001003 की स्थिति बताइए", False),
        ("मेरा current bill कितना है", True),
        ("how much is my electricity bill", False),
        ("where is my bus", False),
        ("please electricity bill payment చూపించు", True),
        ("please show my bill दिखाओ", True),
        ("nenu repu tirupati velthunna", False),
        ("mujhe kal subah jagana", False),
    ],
)
def test_mixed_messages_are_marked(text: str, mixed: bool, identifier: LanguageIdentifier) -> None:
    """Two scripts, or the grammar of one language with the nouns of another."""
    assert identifier.guess(text).mixed is mixed


@pytest.mark.parametrize(("part", "least"), [("mix", 0.7), ("te", 0.0), ("hi", 0.0)])
def test_code_mixed_holdout_is_marked(
    part: str, least: float, identifier: LanguageIdentifier, catalogue: Catalogue
) -> None:
    """Most of the code-mixed hold-out, hardly anything of the rest in native script."""
    guesses = [identifier.guess(text).mixed for text in _texts(catalogue, "holdout")[part]]
    share = sum(guesses) / len(guesses)
    assert share >= least if least else share <= 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Naa BILL 123 entha?", "naa bill entha"),
        ("నా bill", "na bill"),
        ("मेरा bill", "mera bill"),
    ],
)
def test_features_see_letters_only(one: str, other: str) -> None:
    """Case, digits and punctuation do not count; native words are read in Latin letters."""
    for mine, theirs in zip(features(one), features(other)):
        np.testing.assert_array_equal(mine, theirs)


def test_features_of_nothing_are_empty() -> None:
    assert [len(part) for part in features("123 ?!")] == [0, 0]


def test_shipped_model_is_small_and_says_where_it_comes_from() -> None:
    model = LanguageModel.load(SHIPPED)
    provenance = json.loads(model.provenance)
    assert SHIPPED.stat().st_size < 2_000_000
    assert set(model.labels) == {*LATIN, "te-Latn" + MIX, "hi-Latn" + MIX}
    assert len(provenance["sha256"]) == 64 and provenance["sha256"] in (
        DATA / "language" / "README.md"
    ).read_text("utf-8")


def test_model_survives_its_file(tmp_path: Path) -> None:
    """The same arrays and the same bytes."""
    random = np.random.default_rng(0)
    model = LanguageModel.quantised(
        LATIN, random.normal(size=(BUCKETS, 3)), np.asarray([0.1, -2.0, 3.0]), "where from"
    )
    model.save(tmp_path / "a.npz")
    loaded = LanguageModel.load(tmp_path / "a.npz")
    loaded.save(tmp_path / "b.npz")
    assert (loaded.labels, loaded.provenance) == (model.labels, "where from")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    for text in ("naa bill entha", "mera bill kitna", "show my bill"):
        np.testing.assert_array_equal(model.probabilities(text), loaded.probabilities(text))


def test_int8_weights_stay_close_to_what_was_fitted() -> None:
    """Half a step of a label's largest weight over 127 at most."""
    weights = np.random.default_rng(1).normal(size=(BUCKETS, 3))
    model = LanguageModel.quantised(LATIN, weights, np.zeros(3))
    assert np.abs(model.weights * model.scale - weights).max() <= np.abs(weights).max() / 253
